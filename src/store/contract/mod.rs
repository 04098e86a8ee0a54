//! The contract between commands and backends: [`ResultStore`], and the types of its arguments and answers.

mod capabilities;
mod doctor;
mod name_pattern;
mod pool_status;
mod query;
mod reindex;
mod result_store;
mod result_version;
mod store_context;
mod tier;
mod verify;

pub use self::capabilities::Capabilities;
pub use self::doctor::{DoctorOptions, Finding, FindingLevel, FindingStream};
pub use self::name_pattern::NamePattern;
pub use self::pool_status::{
    CircuitBreakerMetrics, ConnectionMetrics, HealthMetrics, OperationMetrics, PoolActions, PoolConfig, PoolMetrics,
    PoolStatus, TimingMetrics,
};
pub use self::query::{OrderBy, Query};
pub use self::reindex::{ReindexOptions, ReindexReport, UnreadableDocument};
pub use self::result_store::{
    ByteStream, EntryStream, HeldElsewhere, ResultStore, SaveMode, already_exists, damaged, not_found, other_digest,
};
pub use self::result_version::ResultVersion;
pub use self::store_context::{Notice, Notices, RequestNotice, StoreContext};
pub use self::tier::{Placement, StorageTier, StorageTiers, Tier, TierChange};
pub use self::verify::{ReadingSample, VerifiedContent, VerifiedResult, VerifyOptions, VerifyStream, contradiction};
