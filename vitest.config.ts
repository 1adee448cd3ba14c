import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // Several daemons and sandboxes run beside one another, on machines that others use too.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    env: { TZ: "UTC" },
  },
});
