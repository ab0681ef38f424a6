/**
 * Imported for what it does: a signal, such as those of Ctrl-C and of a test runner that ends a file that hangs, becomes
 * an ordinary exit, so that what is to go with the process does.
 */
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
