//! How the command fails: one sentence on stderr, and an exit status.
use std::fmt;
use std::io;
use std::process::ExitCode;

/// Why the command stops.
#[derive(Debug)]
pub enum Failure {
    /// It was asked for what it does not know or this machine does not have: exit status 2.
    Usage(String),
    /// It could not do what it was asked for: exit status 1.
    Failed(String),
    /// It found what its report tells: exit status 1.
    Found,
    /// The reader of its output has gone: nothing to say, exit status 0.
    ClosedPipe,
}

impl Failure {
    /// A failure of this kind: `Failed` with a message.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self::Failed(message.to_string())
    }

    /// The same, where its message goes on like this.
    pub fn followed_by(self, more: &str) -> Self {
        match self {
            Self::Failed(message) => Self::Failed(message + more),
            other => other,
        }
    }

    /// Says why on stderr, and gives the exit status.
    pub fn report(self) -> ExitCode {
        let (status, message) = match self {
            Self::Usage(message) => (2, message),
            Self::Failed(message) => (1, message),
            Self::Found => return ExitCode::FAILURE,
            Self::ClosedPipe => return ExitCode::SUCCESS,
        };
        anstream::eprintln!("lanestack: {message}");
        ExitCode::from(status)
    }
}

/// Errors of writing to stdout.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Failed(format!("cannot write the output: {error}")),
        }
    }
}

/// Errors of choosing an engine are errors of usage.
impl From<lanestack::Error> for Failure {
    fn from(error: lanestack::Error) -> Self {
        Self::Usage(error.to_string())
    }
}
