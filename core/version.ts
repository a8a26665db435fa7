/** @file The version of tritc, as manifests and `tritc --version` state it; a test compares it with package.json. */

export const VERSION = "0.1.0";
