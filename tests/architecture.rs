//! Who may import whom: [`MODULES`] is held against the sources, and ARCHITECTURE.md against [`MODULES`].
//!
//! The sources are parsed: what counts is every path of the code, in `use` and elsewhere, and not what comments say.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Item, ItemMod, ItemUse, Lit, Macro, Meta, UseTree};

/// The modules from the top down, in ARCHITECTURE.md's order, and what each imports of the others: no more and no less.
/// `module::child` is that file alone.
const MODULES: &[(&str, &[&str])] = &[
    (
        "bin/undertone",
        &["serve", "train", "classify", "bundle", "rows", "text", "bert", "card", "threshold", "random", "error"],
    ),
    ("bin/app", &["app"]),
    ("bin/worker", &["worker"]),
    ("app", &["desk", "protocol", "card", "rows", "threshold"]),
    ("worker", &["protocol", "perspective", "classify", "bundle", "text", "bert", "ops", "error"]),
    ("desk", &["protocol", "rows", "threshold", "random", "logistic", "error"]),
    ("protocol", &["classify", "bundle", "bert", "logistic"]),
    ("serve", &["perspective", "classify", "bundle", "bert", "error"]),
    ("perspective", &["classify", "bundle", "rows", "text", "bert", "error"]),
    (
        "train",
        &[
            "classify",
            "bundle",
            "card",
            "rows",
            "text",
            "bert",
            "ops",
            "kernels",
            "threshold",
            "random",
            "logistic",
            "error",
        ],
    ),
    ("classify", &["bundle", "text", "bert", "ops", "threads", "logistic", "error"]),
    ("bundle", &["text", "bert", "kernels", "lfs", "logistic", "error"]),
    ("card", &[]),
    ("rows", &["lfs"]),
    ("text", &["bert", "lfs", "error"]),
    ("bert", &["ops", "kernels", "random", "lfs", "error"]),
    ("ops", &["kernels", "threads", "random"]),
    ("kernels", &["threads", "random"]),
    ("threshold", &["logistic", "error"]),
    ("threads", &[]),
    ("random", &[]),
    ("lfs", &["error"]),
    ("logistic", &[]),
    ("error", &[]),
];

#[test]
fn modules_import_what_the_table_says() {
    let mut unused: BTreeSet<_> =
        MODULES.iter().flat_map(|(from, all)| all.iter().map(move |to| (*from, *to))).collect();
    let mut wrong = Vec::new();
    let sources = Sources::read();
    for (from, to) in sources.imports(ReExported::ByWhoPassesItOn, Tests::Included) {
        let (Some(module), Some(imported)) = (module(from), module(to)) else { continue };
        let Some((_, allowed)) = MODULES.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("the table lacks {module}, the module of {from}"));
            continue;
        };
        let child = to.trim_start_matches("src/").trim_end_matches(".rs").replace('/', "::");
        match allowed.iter().find(|entry| **entry == imported || **entry == child) {
            _ if module == imported => {}
            Some(entry) => drop(unused.remove(&(module, entry))),
            None => {
                wrong.push(format!("{from} imports from {to}, and the table does not let {module} import {imported}"))
            }
        }
    }
    wrong.extend(unused.iter().map(|(from, to)| format!("the table lets {from} import {to}, which it does not")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_goes_downwards() {
    for (index, (name, imported)) in MODULES.iter().enumerate() {
        for entry in *imported {
            let is_below = MODULES[index + 1..].iter().any(|(lower, _)| entry.split("::").next() == Some(lower));
            assert!(is_below, "{name} imports {entry}, which is not below it");
        }
    }
}

#[test]
fn the_architecture_has_the_same_modules_in_the_same_order() {
    let architecture = fs::read_to_string(folder().join("ARCHITECTURE.md")).expect("it can be read");
    let rows = architecture.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let names: Vec<&str> = rows
        .flat_map(|cell| cell.split("`, `"))
        .map(|name| name.trim_end_matches('`').trim_end_matches(".rs").trim_end_matches('/'))
        .collect();
    let expected: Vec<&str> = MODULES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, expected);
    let declared: BTreeSet<String> = Sources::read().files[LIBRARY].children.keys().cloned().collect();
    let listed = expected.iter().filter(|name| !name.starts_with("bin/")).map(|name| name.to_string());
    assert_eq!(listed.collect::<BTreeSet<_>>(), declared, "the modules that {LIBRARY} declares");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let circles = circles(&Sources::read());
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn every_file_belongs_to_a_crate() {
    let sources = Sources::read();
    // Cargo.toml names those of the peers.
    let elsewhere = ["benches/browser/peers.rs"];
    let mut folders = vec![folder().join("src"), folder().join("tests"), folder().join("benches")];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current).expect("a folder can be listed") {
            let path = entry.expect("a folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let path = relative(&path);
                let is_known = sources.files.contains_key(&path) || elsewhere.contains(&&path[..]);
                assert!(is_known, "no module declares {path}: it is not compiled");
            }
        }
    }
}

/// The module that a file belongs to, as [`MODULES`] names it; none for the library's first file, tests and benchmarks.
fn module(file: &str) -> Option<&str> {
    let path = file.strip_prefix("src/")?.trim_end_matches(".rs");
    let end = match path.strip_prefix("bin/") {
        Some(below) => "bin/".len() + below.find('/').unwrap_or(below.len()),
        None => path.find('/').unwrap_or(path.len()),
    };
    Some(&path[..end]).filter(|module| *module != "lib")
}

/// The circles, each with its files in order.
///
/// A module and the files below it are one piece of knowledge in several files: what `foo.rs` defines for all of them is
/// theirs to use, so that a file's imports from those above it count for nothing here.
fn circles(sources: &Sources) -> Vec<String> {
    let mut imports = BTreeMap::<&str, Vec<&str>>::new();
    for (from, to) in sources.imports(ReExported::ByWhoDefinesIt, Tests::LeftOut) {
        if !sources.is_above(to, from) {
            imports.entry(from).or_default().push(to);
        }
    }
    let mut known = BTreeSet::new();
    let mut circles = Vec::new();
    for &start in imports.keys() {
        // Breadth first: for each file that `start` leads to, the one before it on the shortest way.
        let mut before = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(file) = queue.pop_front() {
            for &next in imports.get(file).into_iter().flatten() {
                if !before.contains_key(next) {
                    before.insert(next, file);
                    queue.push_back(next);
                }
            }
        }
        if !before.contains_key(start) || known.contains(start) {
            continue;
        }
        let mut circle = vec![start];
        let mut file = before[start];
        while file != start {
            circle.push(file);
            file = before[file];
        }
        known.extend(circle.iter().copied());
        circle.push(start);
        circle.reverse();
        circles.push(circle.join(" -> "));
    }
    circles
}

/// Whose an item is that one file defines and another passes on with `pub use`.
#[derive(Clone, Copy, PartialEq)]
enum ReExported {
    ByWhoPassesItOn,
    ByWhoDefinesIt,
}

/// Whether code that is compiled for tests only counts.
#[derive(Clone, Copy, PartialEq)]
enum Tests {
    Included,
    LeftOut,
}

/// The library's first file.
const LIBRARY: &str = "src/lib.rs";

/// The Rust files of the repository, by their paths in it.
#[derive(Default)]
struct Sources {
    files: BTreeMap<String, File>,
}

/// What a file says of others. Paths are as they are written, segment by segment.
#[derive(Default)]
struct File {
    /// The first file of its crate.
    root: String,
    /// The file that declares it as a module; itself for the first of a crate.
    parent: String,
    /// Whether it is compiled for tests only.
    is_test: bool,
    /// The files of the modules that it declares, by name.
    children: BTreeMap<String, String>,
    /// What its `use` items bring into scope, by name.
    names: BTreeMap<String, Vec<Vec<String>>>,
    /// Every path, and whether it is in code for tests only.
    paths: Vec<(Vec<String>, bool)>,
}

impl Sources {
    fn read() -> Self {
        let mut sources = Self::default();
        for root in roots() {
            sources.add(&root, &root, &root, false);
        }
        sources
    }

    /// Adds the file at `path` and the modules below it.
    fn add(&mut self, path: &str, root: &str, parent: &str, is_test: bool) {
        let content = fs::read_to_string(folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let syntax = syn::parse_file(&content).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut reader = Reader::default();
        reader.visit_file(&syntax);
        let own = Path::new(path);
        let beside = own.parent().expect("a file is in a folder");
        // The modules of a crate's first file lie beside it, those of `foo.rs` in `foo`.
        let below = if path == root { beside.to_owned() } else { own.with_extension("") };
        let mut file = File { root: root.into(), parent: parent.into(), is_test, ..File::default() };
        (file.names, file.paths) = (reader.names, reader.paths);
        let mut children = Vec::new();
        for child in reader.children {
            let place = match child.path {
                Some(path) => normal(&beside.join(path)),
                None => below.join(format!("{}.rs", child.name)),
            };
            let place = place.to_str().expect("file names are of ASCII").to_owned();
            file.children.insert(child.name, place.clone());
            children.push((place, is_test || child.is_test));
        }
        self.files.insert(path.to_owned(), file);
        for (place, is_test) in children {
            self.add(&place, root, path, is_test);
        }
    }

    /// Whether the file `above` declares `file` or a file above it.
    fn is_above(&self, above: &str, file: &str) -> bool {
        let parent = &self.files[file].parent;
        parent != file && (parent == above || self.is_above(above, parent))
    }

    /// Which file imports from which.
    fn imports(&self, re_exported: ReExported, tests: Tests) -> BTreeSet<(&str, &str)> {
        let mut imports = BTreeSet::new();
        for (path, file) in &self.files {
            for (segments, is_test) in &file.paths {
                if tests == Tests::LeftOut && (file.is_test || *is_test) {
                    continue;
                }
                if let Some(source) = self.source(path, segments, re_exported).filter(|source| source != path) {
                    imports.insert((path.as_str(), source));
                }
            }
        }
        imports
    }

    /// The file that has what `segments` mean in the file `path`; none where it is of another crate, or no item.
    fn source(&self, path: &str, segments: &[String], re_exported: ReExported) -> Option<&str> {
        let (path, file) = self.files.get_key_value(path)?;
        let (first, rest) = segments.split_first()?;
        match first.as_str() {
            "crate" => self.below(&file.root, rest, re_exported),
            "self" => self.below(path, rest, re_exported),
            "super" => self.below(&file.parent, rest, re_exported),
            "undertone" if file.root != LIBRARY => self.below(LIBRARY, rest, re_exported),
            name if file.children.contains_key(name) => self.below(path, segments, re_exported),
            // What is brought in by `use` counts there.
            _ => None,
        }
    }

    /// The file that has what `segments` mean below the module whose file is `path`.
    fn below(&self, path: &str, segments: &[String], re_exported: ReExported) -> Option<&str> {
        let (path, file) = self.files.get_key_value(path)?;
        let Some((first, rest)) = segments.split_first() else { return Some(path) };
        if first == "super" {
            return self.below(&file.parent, rest, re_exported);
        }
        if let Some(child) = file.children.get(first) {
            return self.below(child, rest, re_exported);
        }
        // The library's first file defines nothing.
        let is_followed = re_exported == ReExported::ByWhoDefinesIt || path == LIBRARY;
        let passed_on = file.names.get(first).filter(|_| is_followed).into_iter().flatten();
        let mut sources = passed_on.filter_map(|name| {
            let whole: Vec<String> = name.iter().chain(rest).cloned().collect();
            self.source(path, &whole, re_exported)
        });
        sources.next_back().or(Some(path))
    }
}

/// The first files of the crates: the library, binaries, tests, benchmarks and examples.
fn roots() -> Vec<String> {
    let mut roots = vec![LIBRARY.to_owned()];
    for parent in ["src/bin", "tests", "benches", "examples"] {
        for entry in fs::read_dir(folder().join(parent)).into_iter().flatten() {
            let path = entry.expect("a folder can be listed").path();
            let root = if path.is_dir() { path.join("main.rs") } else { path };
            if root.is_file() && root.extension().is_some_and(|extension| extension == "rs") {
                roots.push(relative(&root));
            }
        }
    }
    roots
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file's path in the repository.
fn relative(path: &Path) -> String {
    let path = path.strip_prefix(folder()).expect("it is in the repository");
    path.to_str().expect("file names are of ASCII").to_owned()
}

/// Without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path {
        if part == ".." {
            normal.pop();
        } else {
            normal.push(part);
        }
    }
    normal
}

/// Reads one file.
#[derive(Default)]
struct Reader {
    children: Vec<Child>,
    names: BTreeMap<String, Vec<Vec<String>>>,
    paths: Vec<(Vec<String>, bool)>,
    /// How many modules within the file stand around what is being read.
    depth: usize,
    in_tests: bool,
}

/// A module in a file of its own.
struct Child {
    name: String,
    path: Option<String>,
    is_test: bool,
}

impl Reader {
    /// Notes a path, seen from the file's own module.
    fn path(&mut self, mut segments: Vec<String>) {
        let inner = segments.iter().take(self.depth).take_while(|segment| *segment == "super").count();
        segments.drain(..inner);
        if !segments.is_empty() {
            self.paths.push((segments, self.in_tests));
        }
    }

    fn tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree),
            UseTree::Name(name) if name.ident == "self" => self.bind(before.last().cloned(), before.to_vec()),
            UseTree::Name(name) => self.bind(Some(name.ident.to_string()), with(&name.ident)),
            UseTree::Rename(rename) => self.bind(Some(rename.rename.to_string()), with(&rename.ident)),
            UseTree::Glob(_) => self.path(before.to_vec()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(before, tree)),
        }
    }

    fn bind(&mut self, name: Option<String>, segments: Vec<String>) {
        if let (Some(name), 0) = (name, self.depth) {
            self.names.entry(name).or_default().push(segments.clone());
        }
        self.path(segments);
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs[..],
            Item::Use(item) => &item.attrs[..],
            Item::Fn(item) => &item.attrs[..],
            Item::Impl(item) => &item.attrs[..],
            _ => &[],
        };
        let before = self.in_tests;
        self.in_tests |= attributes.iter().any(is_for_tests);
        visit::visit_item(self, item);
        self.in_tests = before;
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        match &module.content {
            Some(_) => {
                self.depth += 1;
                visit::visit_item_mod(self, module);
                self.depth -= 1;
            }
            None => self.children.push(Child {
                name: module.ident.to_string(),
                path: module.attrs.iter().find_map(path_attribute),
                is_test: self.in_tests,
            }),
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.path(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    /// What a macro is given is not parsed: of its words those with `::` between them are paths.
    fn visit_macro(&mut self, item: &'ast Macro) {
        let tokens = item.tokens.to_string().replace(" :: ", "::").replace(":: ", "::").replace(" ::", "::");
        let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        for word in tokens.split(|c| !is_path(c)).filter(|word| word.contains("::")) {
            self.path(word.split("::").filter(|segment| !segment.is_empty()).map(str::to_owned).collect());
        }
        visit::visit_macro(self, item);
    }
}

/// Whether it says `#[cfg(test)]`, perhaps beside other conditions.
fn is_for_tests(attribute: &Attribute) -> bool {
    matches!(&attribute.meta, Meta::List(list) if list.path.is_ident("cfg")
        && list.tokens.to_string().split(|c: char| !c.is_alphanumeric()).any(|word| word == "test")
        && !list.tokens.to_string().starts_with("not"))
}

/// What `#[path = "…"]` says.
fn path_attribute(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    }
}
