//! Elements of a document by what they are about.

use std::collections::HashMap;
use std::hash::Hash;

use super::element_span::ElementSpan;

/// Elements by group, in the order in which the groups come first in the document. An element is its place, or whatever else
/// a format knows it by.
#[derive(Debug)]
pub(in crate::result) struct ElementGroups<K, E = ElementSpan> {
    places: HashMap<K, usize>,
    groups: Vec<(K, Vec<E>)>,
}

impl<K, E> Default for ElementGroups<K, E> {
    fn default() -> Self {
        Self { places: HashMap::new(), groups: Vec::new() }
    }
}

impl<K: Clone + Eq + Hash, E> ElementGroups<K, E> {
    /// Adds an element to the group of `key`.
    pub(in crate::result) fn push(&mut self, key: K, element: E) {
        let place = *self.places.entry(key.clone()).or_insert_with(|| {
            self.groups.push((key, Vec::new()));
            self.groups.len() - 1
        });
        if let Some((_, elements)) = self.groups.get_mut(place) {
            elements.push(element);
        }
    }

    /// The groups with their elements, which are in the order of the document.
    pub(in crate::result) fn into_groups(self) -> Vec<(K, Vec<E>)> {
        self.groups
    }
}
