// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import picocli.CommandLine.Command;

/** What is done with data before it is learnt. */
@Command(
    name = "data",
    description = "Makes the picture book, and checks data sets.",
    subcommands = {DataMakeCommand.class, DataCheckCommand.class},
    synopsisSubcommandLabel = "COMMAND")
public final class DataCommand {}
