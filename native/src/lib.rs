//! The accelerator of Majlis: ballots, memberships and encrypted sums of elections in the group Ed25519.
//!
//! It works on public data only, in variable time; nothing secret has a parameter here. Whoever calls it needs these
//! functions with the C calling convention, and no more. Buffers belong to the caller; sizes are theirs to keep.
//!
//! Layers, each on those before it: `field`, `scalar`, `sha256`, `text`, `chance`; `point`; `power`, `sum`; `election`,
//! `ballot`, `archive`; `single`, `batch`; `engine`, `tally`; `foreign` (the functions for the caller), `trial` (single
//! operations, for tests against plain arithmetic).

pub mod archive;
pub mod ballot;
pub mod batch;
pub mod chance;
pub mod election;
pub mod engine;
pub mod field;
mod foreign;
pub mod point;
pub mod power;
pub mod scalar;
pub mod sha256;
pub mod single;
pub mod sum;
pub mod tally;
pub mod text;
mod trial;
