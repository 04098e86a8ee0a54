//! A store that lives as long as the process: for tests and for trying things out.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

#[cfg(feature = "memory")]
pub use opening::open;

use super::options::{check_key_root, default_namespace, max_document_size};
use crate::error::{InvalidOption, Result};
use crate::result::Redaction;
use crate::store::address::{AddressOptions, StoreAddress};
use crate::store::contract::{ResultStore, StoreContext};
#[cfg(not(feature = "memory"))]
use crate::store::options::not_built;
use crate::store::options::{OpenStore, StoreOptions, TimeZoneName, check_document_size};

/// The options of a `memory` profile.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MemoryOptions {
    /// Keeps projects and environments apart.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// Time zone of times without an offset.
    #[serde(default)]
    pub time_zone: TimeZoneName,
    /// Data that `save` drops from documents.
    #[serde(default)]
    pub redact: Redaction,
    /// Put before every name.
    #[serde(default)]
    pub prefix: String,
    /// Whether documents are stored as gzip.
    #[serde(default, alias = "compression")]
    pub use_compression: bool,
    /// Taken for the sake of one set of options for all backends.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// The longest document that is saved or read, decompressed, in bytes.
    #[serde(default = "max_document_size")]
    pub max_document_size: u64,
}

impl StoreOptions for MemoryOptions {
    const NAME: &'static str = "memory";
    const ADDRESSES: &'static [&'static str] = &[];

    fn at(_: &StoreAddress<'_>) -> Option<Result<AddressOptions>> {
        // Its results end with the command.
        None
    }

    fn check(&mut self) -> Result<(), InvalidOption> {
        check_document_size(self.max_document_size)?;
        check_key_root(&self.prefix, &self.namespace)
    }

    fn set_directory(&mut self, _: &Path) {}

    fn location(&self, _: &dyn Fn(&str) -> Option<String>) -> String {
        Self::NAME.to_owned()
    }
}

impl OpenStore for MemoryOptions {
    fn open(&self, context: StoreContext) -> Result<Box<dyn ResultStore>> {
        #[cfg(feature = "memory")]
        return Ok(Box::new(open(self, context)?));
        #[cfg(not(feature = "memory"))]
        {
            drop(context);
            Err(not_built(Self::NAME))
        }
    }
}

#[cfg(feature = "memory")]
mod opening {
    use std::sync::Arc;

    use object_store::memory::InMemory;
    use object_store::{Attributes, TagSet};

    use super::MemoryOptions;
    use crate::error::Result;
    use crate::result::{DocumentLimit, Layout};
    use crate::store::contract::StoreContext;
    use crate::store::objects::backend::{Backend, Listing, Reference, Writes};
    use crate::store::objects::layout::KeyLayout;
    use crate::store::objects::{ObjectResultStore, PythonIndex};

    /// Opens a new, empty store.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) for a prefix or namespace that cannot be part of a name.
    pub fn open(options: &MemoryOptions, context: StoreContext) -> Result<ObjectResultStore> {
        let backend = Backend {
            name: "memory",
            location: "memory".to_owned(),
            store: Arc::new(InMemory::new()),
            keys: KeyLayout::in_cloud(&options.prefix, &options.namespace, options.use_compression)?,
            limit: DocumentLimit::new(options.max_document_size),
            attributes: Attributes::new(),
            describe: None,
            tags: TagSet::default(),
            layout: Layout::Pretty,
            python_index: PythonIndex::Auto,
            time_zone: options.time_zone.zone()?,
            redaction: options.redact,
            reference: Reference::Key,
            listing: Listing::Flat,
            writes: Writes {
                conditional_parts: false,
                versions_repeat: false,
                requests_repeat: false,
                conditions_of_server: false,
            },
            tiers: None,
            removal: None,
            search: None,
            sweep: None,
            inspection: None,
            foreign: Arc::default(),
        };
        Ok(ObjectResultStore::new(backend, context))
    }
}
