//! A list in XML, as S3 and Azure send it.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

/// A list: fields of its own, and its items.
#[derive(Debug, Default)]
pub(in crate::store::objects) struct XmlList {
    /// The texts of elements outside of items, by name.
    pub(in crate::store::objects) fields: HashMap<String, String>,
    pub(in crate::store::objects) items: Vec<XmlItem>,
}

/// An item: an element with fields.
#[derive(Debug, Default)]
pub(in crate::store::objects) struct XmlItem {
    /// The name of the element.
    pub(in crate::store::objects) name: String,
    /// The texts of the elements in it, by path.
    fields: HashMap<String, String>,
}

impl XmlItem {
    /// The text of the element at this path in the item.
    pub(in crate::store::objects) fn field(&self, path: &str) -> Option<&str> {
        self.fields.get(path).map(String::as_str)
    }
}

impl XmlList {
    /// Parses a document in which the elements named `items` are items. `None` if it is not well-formed.
    ///
    /// Entities that the document defines are not expanded. A character that XML cannot hold reads as U+FFFD.
    pub(in crate::store::objects) fn parse(body: &[u8], items: &[&str]) -> Option<Self> {
        let text = String::from_utf8_lossy(body);
        let mut reader = Reader::from_str(&text);
        reader.config_mut().expand_empty_elements = true;
        let (mut list, mut item) = (Self::default(), None::<(usize, XmlItem)>);
        // The open elements, and the text of the innermost one.
        let (mut path, mut content) = (Vec::<String>::new(), String::new());
        loop {
            match reader.read_event().ok()? {
                Event::Start(element) => {
                    let name = String::from_utf8_lossy(element.local_name().as_ref()).into_owned();
                    content.clear();
                    if item.is_none() && items.contains(&name.as_str()) {
                        item = Some((path.len(), XmlItem { name: name.clone(), ..XmlItem::default() }));
                    }
                    path.push(name);
                }
                Event::End(_) => {
                    let name = path.last()?.clone();
                    let text = std::mem::take(&mut content);
                    match &mut item {
                        Some((depth, _)) if *depth + 1 == path.len() => {
                            list.items.extend(item.take().map(|(_, it)| it));
                        }
                        Some((depth, item)) => {
                            drop(item.fields.insert(path.get(*depth + 1..)?.join("/"), text));
                        }
                        None => drop(list.fields.insert(name, text)),
                    }
                    path.pop();
                }
                Event::Text(piece) => content.push_str(&piece.xml10_content().ok()?),
                Event::CData(piece) => content.push_str(&piece.decode().ok()?),
                Event::GeneralRef(reference) => {
                    let name = reference.decode().ok()?;
                    match reference.resolve_char_ref() {
                        Ok(Some(character)) => content.push(character),
                        _ => content.push_str(resolve_predefined_entity(&name).unwrap_or("\u{fffd}")),
                    }
                }
                Event::Eof => return path.is_empty().then_some(list),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_have_their_fields_and_the_list_has_its_own() {
        let list = "<?xml version=\"1.0\"?><L xmlns=\"x\"><Name>b</Name><Token/><Item><Key>a &amp;&#x9;&lt;\u{fc}</Key><P><Size>1</Size>\
            </P></Item><Other><Prefix>p/</Prefix></Other><Item><Key><![CDATA[c&d]]></Key></Item><More>true</More></L>";
        let list = XmlList::parse(list.as_bytes(), &["Item", "Other"]).unwrap();
        assert_eq!(list.fields["Name"], "b");
        assert_eq!(list.fields["Token"], "");
        assert_eq!(list.fields["More"], "true");
        let items: Vec<_> =
            list.items.iter().map(|item| (&*item.name, item.field("Key"), item.field("P/Size"))).collect();
        let expected = [("Item", Some("a &\t<ü"), Some("1")), ("Other", None, None), ("Item", Some("c&d"), None)];
        assert_eq!(items, expected);
        assert_eq!(list.items[1].field("Prefix"), Some("p/"));
    }

    #[test]
    fn what_is_not_well_formed_is_no_list_and_nothing_is_expanded() {
        for broken in ["<L><Item>", "<L></M>", "<L><Item></L>", "<", "<L>&"] {
            assert!(XmlList::parse(broken.as_bytes(), &["Item"]).is_none(), "{broken}");
        }
        let bomb = "<!DOCTYPE L [<!ENTITY a \"aaaa\">]><L><Item><Key>&a;&#0;</Key></Item></L>";
        let list = XmlList::parse(bomb.as_bytes(), &["Item"]).unwrap();
        assert_eq!(list.items[0].field("Key"), Some("\u{fffd}\u{fffd}"));
    }
}
