//! Where modules come from: the guest's files, and sources built into this program.

mod builtin;
mod package;
mod resolve;
mod tree;

pub(super) use builtin::{BOOTSTRAP, builtin_names, builtin_source};
pub(super) use resolve::Resolver;
pub(super) use tree::Tree;
