// The entry point of worker threads: the package that starts one fills it.
export {};
