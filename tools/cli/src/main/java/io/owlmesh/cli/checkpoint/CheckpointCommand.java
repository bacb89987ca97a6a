// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.checkpoint;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** Looks at checkpoints and makes them. */
@Command(
    name = "checkpoint",
    description =
        "Inspects a checkpoint folder, writes one of random weights, or makes one of parts.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      InspectCommand.class,
      RandomCommand.class,
      ComposeCommand.class,
      HelpCommand.class
    })
public final class CheckpointCommand {}
