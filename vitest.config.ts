/** @file Two projects: `fast`, what `npm test` runs, and `slow`, what only `.ci/run` adds. */

import { defineConfig } from "vitest/config";

const shared = {
  environment: "node",
  testTimeout: 15_000,
  hookTimeout: 60_000,
  slowTestThreshold: 3_000,
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: ["test/slow/**"],
        },
      },
      {
        test: {
          ...shared,
          name: "slow",
          include: ["test/slow/**/*.test.ts"],
          testTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
