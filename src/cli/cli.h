#ifndef CLI_H
#define CLI_H

/**
 * cli_main(argc, argv):
 * Do what the command line says.  Return the exit status.
 */
int cli_main(int, char **);

#endif
