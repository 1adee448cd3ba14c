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
    // What the tests start is not in CI, wherever they run themselves: there the lockfile would be frozen.
    env: { TZ: "UTC", CI: "" },
  },
});
