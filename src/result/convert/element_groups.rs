//! Elements of a document by what they are about.

use std::collections::HashMap;
use std::hash::Hash;

use super::element_span::ElementSpan;

/// The places of elements by group, in the order in which the groups come first in the document.
#[derive(Debug)]
pub(in crate::result) struct ElementGroups<K> {
    places: HashMap<K, usize>,
    groups: Vec<(K, Vec<ElementSpan>)>,
}

impl<K> Default for ElementGroups<K> {
    fn default() -> Self {
        Self { places: HashMap::new(), groups: Vec::new() }
    }
}

impl<K: Clone + Eq + Hash> ElementGroups<K> {
    /// Adds an element to the group of `key`.
    pub(in crate::result) fn push(&mut self, key: K, element: ElementSpan) {
        let place = *self.places.entry(key.clone()).or_insert_with(|| {
            self.groups.push((key, Vec::new()));
            self.groups.len() - 1
        });
        if let Some((_, elements)) = self.groups.get_mut(place) {
            elements.push(element);
        }
    }

    /// The groups with their elements, which are in the order of the document.
    pub(in crate::result) fn into_groups(self) -> Vec<(K, Vec<ElementSpan>)> {
        self.groups
    }
}
