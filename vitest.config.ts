import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // Several daemons and sandboxes run beside one another, on machines that others use too: a limit is for what hangs,
    // and none of them tells slow from wrong.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 300_000 } },
    // What the tests start is not in CI, wherever they run themselves: there the lockfile would be frozen.
    env: { TZ: "UTC", CI: "" },
  },
});
