//! `package.json`: where a package begins, and what it lets others reach.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The members of a `package.json` that matter for finding modules.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Package {
    #[serde(default)]
    pub(super) main: Option<Target>,
    #[serde(default)]
    pub(super) exports: Option<Target>,
}

/// A value of `exports`. Members keep their order, because the first that fits wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Path(String),
    List(Vec<Target>),
    Map(Vec<(String, Target)>),
    /// `null` closes a path; anything else is a mistake and does the same.
    Closed,
}

/// The names under which a package may offer something to `require`.
const CONDITIONS: [&str; 4] = ["node", "require", "module-sync", "default"];

impl Target {
    /// The text of a plain path.
    pub(super) fn as_path(&self) -> Option<&str> {
        if let Self::Path(path) = self { Some(path) } else { None }
    }

    /// The file, relative to the package, that `exports` gives for `subpath` (`.` or `./…`).
    pub(super) fn exported(&self, subpath: &str) -> Option<String> {
        match self {
            Self::Map(members) if members.iter().any(|(key, _)| key.starts_with('.')) => {
                let (target, star) = matching(members, subpath)?;
                target.chosen(star)
            }
            _ if subpath == "." => self.chosen(""),
            _ => None,
        }
    }

    /// The first path that fits, with `star` in the place of `*`.
    fn chosen(&self, star: &str) -> Option<String> {
        match self {
            Self::Path(path) => {
                let path = path.strip_prefix("./")?.replace('*', star);
                let strays = path.split('/').any(|part| part == ".." || part == "node_modules");
                (!strays).then_some(path)
            }
            Self::List(targets) => targets.iter().find_map(|target| target.chosen(star)),
            Self::Map(members) => members
                .iter()
                .filter(|(condition, _)| CONDITIONS.contains(&condition.as_str()))
                .find_map(|(_, target)| target.chosen(star)),
            Self::Closed => None,
        }
    }
}

/// The member for `subpath`: by name, else by the pattern with the longest beginning.
fn matching<'t, 's>(
    members: &'t [(String, Target)],
    subpath: &'s str,
) -> Option<(&'t Target, &'s str)> {
    if let Some((_, target)) = members.iter().find(|(key, _)| key == subpath) {
        return Some((target, ""));
    }
    members
        .iter()
        .filter_map(|(key, target)| {
            let (before, after) = key.split_once('*')?;
            let star = subpath.strip_prefix(before)?.strip_suffix(after)?;
            (!star.is_empty()).then_some((before.len(), target, star))
        })
        .max_by_key(|(length, ..)| *length)
        .map(|(_, target, star)| (target, star))
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TargetVisitor)
    }
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = Target;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, a list, conditions, or null")
    }

    fn visit_str<E>(self, path: &str) -> Result<Target, E> {
        Ok(Target::Path(path.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Target, E> {
        Ok(Target::Closed)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Target, E> {
        Ok(Target::Closed)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Target, E> {
        Ok(Target::Closed)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Target, E> {
        Ok(Target::Closed)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Target, E> {
        Ok(Target::Closed)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Target, A::Error> {
        let mut targets = Vec::new();
        while let Some(target) = list.next_element()? {
            targets.push(target);
        }
        Ok(Target::List(targets))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Target, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key()? {
            members.push((key, map.next_value()?));
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Target::Map(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exported(exports: &str, subpath: &str) -> Option<String> {
        let package: Package =
            serde_json::from_str(&format!(r#"{{"exports":{exports}}}"#)).unwrap();
        package.exports.unwrap().exported(subpath)
    }

    #[test]
    fn the_first_condition_that_fits_wins() {
        let both = r#"{"import":"./m.mjs","require":"./c.js","default":"./d.js"}"#;
        assert_eq!(exported(both, ".").as_deref(), Some("c.js"));
        assert_eq!(
            exported(r#"{"default":"./d.js","require":"./c.js"}"#, ".").as_deref(),
            Some("d.js")
        );
        assert_eq!(exported(r#"{"import":"./m.mjs"}"#, "."), None);
        let nested = r#"{".":{"node":{"require":"./n.js"},"default":"./d.js"}}"#;
        assert_eq!(exported(nested, ".").as_deref(), Some("n.js"));
    }

    #[test]
    fn subpaths_are_found_by_name_then_by_pattern() {
        let map =
            r#"{".":"./i.js","./a":"./a.js","./l/*":"./lib/*.js","./l/x/*":null,"./up":"./../x"}"#;
        assert_eq!(exported(map, ".").as_deref(), Some("i.js"));
        assert_eq!(exported(map, "./a").as_deref(), Some("a.js"));
        assert_eq!(exported(map, "./l/b/c").as_deref(), Some("lib/b/c.js"));
        assert_eq!(exported(map, "./l/x/y"), None);
        assert_eq!(exported(map, "./z"), None);
        assert_eq!(exported(map, "./up"), None);
        assert_eq!(exported(r#""./i.js""#, "./a"), None);
        assert_eq!(exported("7", "."), None);
    }
}
