#!/usr/bin/env node
// Checked in, unlike what it loads: npm links a command only if its file exists when the packages are installed. It is
// CommonJS, which Node.js starts with less of its own.
require("../dist/bin.cjs");
