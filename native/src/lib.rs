//! The accelerator of Majlis: ballots, memberships and encrypted sums of elections in the group Ed25519.
//!
//! It works on public data only, in variable time; nothing secret has a parameter here. Whoever calls it needs these
//! functions with the C calling convention, and no more. Buffers belong to the caller; sizes are theirs to keep.
//!
//! Layers, each on those before it: `cpu`, `field`, `scalar`, `sha256`, `sha512`, `text`, `chance`; `point`; `power`, `sum`,
//! `roots`, `coins`, `member`; `election`, `ballot`, `archive`; `single`, `batch`; `engine`, `tally`, `shuffle`; `signature`; `tree`; `foreign` (the functions for the
//! caller), `trial` (single operations, for tests against plain arithmetic). `lanes*` are `field`, `point`, `sum` and
//! others for eight at once, on processors that can; `quad*` for four at once where there are not eight.

pub mod archive;
pub mod ballot;
pub mod batch;
pub mod chance;
pub mod coins;
pub mod cpu;
pub mod election;
pub mod engine;
pub mod field;
mod foreign;
#[cfg(target_arch = "x86_64")]
mod lanes;
#[cfg(target_arch = "x86_64")]
mod lanes_member;
#[cfg(target_arch = "x86_64")]
mod lanes_point;
#[cfg(target_arch = "x86_64")]
mod lanes_power;
#[cfg(target_arch = "x86_64")]
mod lanes_roots;
#[cfg(target_arch = "x86_64")]
mod lanes_sum;
pub mod member;
pub mod point;
pub mod power;
#[cfg(target_arch = "x86_64")]
mod quad;
#[cfg(target_arch = "x86_64")]
mod quad_point;
#[cfg(target_arch = "x86_64")]
mod quad_roots;
#[cfg(target_arch = "x86_64")]
mod quad_sum;
pub mod roots;
pub mod scalar;
pub mod sha256;
pub mod sha512;
pub mod shuffle;
pub mod signature;
pub mod single;
pub mod sum;
pub mod tally;
pub mod text;
pub mod tree;
mod trial;
