export function tritc_command(descriptor: usize): i32 { return 0; }
