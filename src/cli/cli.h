#ifndef CLI_H
#define CLI_H

/**
 * cli_main(argc, argv):
 * Run the command that the command line names.  Return the exit status.
 */
int cli_main(int, char **);

#endif
