#!/usr/bin/env node
// Checked in, unlike what it loads: npm links a command only if its file exists when the packages are installed.
import "../dist/bin.js";
