/* What the subcommands of accession ledger share. */
#ifndef ACC_CLI_LEDGER_CLI_H
#define ACC_CLI_LEDGER_CLI_H

#include "cli/cli.h"
#include "cli/render/screen.h"

struct acc_ledger_cli {
    const char *ledger;
    const char *const *files; /* what follows the subcommand; NULL: nothing */
    struct acc_connection connection;
    struct acc_output_options output;
    struct acc_cli *cli;
    struct acc_screen screen;
};

/* Each returns the exit status. `files` is as the subcommand's row asks for it. */
int acc_ledger_cli_export(struct acc_ledger_cli *l);
int acc_ledger_cli_import(struct acc_ledger_cli *l);
int acc_ledger_cli_merge(struct acc_ledger_cli *l);
int acc_ledger_cli_rebuild(struct acc_ledger_cli *l);

#endif
