//! The facts of this build, which every report prints.

/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The git commit it was built from, with a `+` if files were changed since, or `unknown`.
pub const REVISION: &str = env!("LANESTACK_BUILD_REVISION");
/// The compiler.
pub const RUSTC: &str = env!("LANESTACK_BUILD_RUSTC");
/// The target triple.
pub const TARGET: &str = env!("LANESTACK_BUILD_TARGET");
/// The features that were switched on, separated by spaces.
pub const FEATURES: &str = env!("LANESTACK_BUILD_FEATURES");
