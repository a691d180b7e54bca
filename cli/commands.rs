//! One file per command.
mod apply;
mod compare;
mod cpu;
mod verify;

use crate::args::{Args, Command, Compare};
use crate::failure::Failure;

/// Does what the arguments say.
pub fn run(args: Args) -> Result<(), Failure> {
    match args.command.unwrap_or_else(|| Command::Compare(Compare::default())) {
        Command::Compare(options) => compare::run(&options),
        Command::Apply(options) => apply::run(&options),
        Command::Cpu(options) => cpu::run(&options),
        Command::Verify(options) => verify::run(&options),
    }
}

/// All of them in their order, or only those that were asked for.
fn chosen<T: Copy + PartialEq>(asked: &[T], all: &[T]) -> Vec<T> {
    all.iter().copied().filter(|x| asked.is_empty() || asked.contains(x)).collect()
}
