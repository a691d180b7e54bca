//! The command `man`.
use std::io::Write;

use clap::CommandFactory;
use clap_mangen::Man as Page;

use crate::args::{Args, Man};
use crate::failure::Failure;

/// Runs it.
pub fn run(options: &Man) -> Result<(), Failure> {
    let mut command = Args::command();
    if let Some(folder) = &options.folder {
        return clap_mangen::generate_to(command, folder)
            .map_err(|error| Failure::failed(format!("--folder {}: {error}", folder.display())));
    }
    command.build();
    let page = match &options.command {
        None => command,
        Some(name) => command.find_subcommand(name).cloned().ok_or_else(|| {
            let names: Vec<&str> = command.get_subcommands().map(|command| command.get_name()).collect();
            Failure::Usage(format!("man {name}: no such command: expected one of {}", names.join(", ")))
        })?,
    };
    let mut text = Vec::new();
    Page::new(page).render(&mut text)?;
    let mut out = std::io::stdout().lock();
    out.write_all(&text)?;
    Ok(out.flush()?)
}
