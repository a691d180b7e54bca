//! One file per command.
mod apply;
mod compare;
mod completions;
mod cpu;
mod man;
mod verify;

use crate::args::{Args, Command, Compare};
use crate::failure::Failure;

/// Does what the arguments say.
pub fn run(args: Args) -> Result<(), Failure> {
    match args.command.unwrap_or_else(without_a_command) {
        Command::Compare(options) => compare::run(&options),
        Command::Apply(options) => apply::run(&options),
        Command::Cpu(options) => cpu::run(&options),
        Command::Verify(options) => verify::run(&options),
        Command::Man(options) => man::run(&options),
        Command::Completions(options) => completions::run(&options),
    }
}

/// What is done then, said before it is done.
fn without_a_command() -> Command {
    anstream::eprintln!(
        "lanestack: no command, so this is lanestack compare: half a minute; lanestack --help tells of others."
    );
    Command::Compare(Compare::default())
}

/// All of them in their order, or only those that were asked for.
fn chosen<T: Copy + PartialEq>(asked: &[T], all: &[T]) -> Vec<T> {
    all.iter().copied().filter(|x| asked.is_empty() || asked.contains(x)).collect()
}
