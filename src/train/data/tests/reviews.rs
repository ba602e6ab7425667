//! The aclImdb folder and archive.

use super::*;

const LABELS: [&str; 1] = ["positive"];

const TRAIN: [&str; 5] = ["Bad.", "Awful, “really”.", "Great film.\n\nLoved it.", "Best ever.", "Good."];

fn unpacked() -> TempDir {
    folder(&[
        ("aclImdb/train/pos/2_7.txt", b"Good."),
        ("aclImdb/train/pos/10_10.txt", b"Best ever."),
        ("aclImdb/train/pos/0_9.txt", b"Great film.<br /><br />Loved it."),
        ("aclImdb/train/pos/._0_9.txt", b"\x00\x05\x16\x07"),
        ("aclImdb/train/neg/0_3.txt", b"Bad."),
        ("aclImdb/train/neg/1_1.txt", "Awful, “really”.".as_bytes()),
        ("aclImdb/train/unsup/0_0.txt", b"Nobody knows."),
        ("aclImdb/train/urls_pos.txt", b"http://example.com"),
        ("aclImdb/test/pos/0_10.txt", b"Fine."),
        ("aclImdb/test/neg/0_2.txt", b"Poor."),
        ("aclImdb/test/neg/1_4.txt", b"Dull."),
        ("aclImdb/README", b"Not a review."),
    ])
}

/// An archive in memory, uncompressed.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, name, *content).unwrap();
    }
    archive.into_inner().unwrap()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

fn check(path: &Path) {
    let train = read_one(path, &LABELS, Split::Train).unwrap();
    assert_eq!(train.labels, LABELS);
    assert_eq!(texts(&train.examples), TRAIN);
    assert_eq!(targets(&train.examples), [[0.0], [0.0], [1.0], [1.0], [1.0]]);
    assert!(train.examples.iter().all(|example| example.weight == 1.0));
    let test = read_one(path, &LABELS, Split::Test).unwrap();
    assert_eq!(texts(&test.examples), ["Poor.", "Dull.", "Fine."]);
}

#[test]
fn the_folder_is_read_in_the_order_of_its_paths() {
    let folder = unpacked();
    check(&folder.path().join("aclImdb"));
    check(folder.path());
}

#[test]
fn the_xz_archive_is_read_like_the_folder() {
    check(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tiny-aclImdb.tar.xz")));
}

#[test]
fn the_gzip_archive_is_read_like_the_folder_whatever_its_name() {
    let folder = unpacked();
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_dir_all("./aclImdb", folder.path().join("aclImdb")).unwrap();
    let content = archive.into_inner().unwrap();
    let (start, end) = content.split_at(content.len() / 2);
    let content = [gzip(start), gzip(end)].concat();
    for name in ["aclImdb_v1.tar.gz", "reviews.tgz", "download"] {
        let path = folder.path().join(name);
        std::fs::write(&path, &content).unwrap();
        check(&path);
    }
}

#[test]
fn other_labels_than_positive_are_refused() {
    let folder = unpacked();
    let sentence = failure(folder.path(), &["positive", "toxic"], Split::Train);
    assert!(
        sentence.ends_with(
            "whose only label is `positive`, but the labels `positive`, `toxic` were asked for; \
             reviews of which you know these labels are read as a source whose labels are all the same, as with all = 0"
        ),
        "{sentence}"
    );
    let pairs = Schema { second: Some("reply".to_owned()), ..schema(&LABELS) };
    let sentence = read(&[source(folder.path())], &pairs, Split::Train, BadRows::Refuse, 1).unwrap_err().to_string();
    assert!(sentence.ends_with("has IMDB reviews, which have no second text, but `reply` was asked for"), "{sentence}");
}

#[test]
fn all_negative_reviews_have_none_of_any_labels() {
    let archive = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tiny-aclImdb.tar.xz"));
    let folder = unpacked();
    for path in [archive, folder.path()] {
        let dataset =
            read(&[all_negative(path)], &schema(&["toxic", "threat"]), Split::Train, BadRows::Refuse, 1).unwrap();
        assert_eq!(texts(&dataset.examples), TRAIN);
        assert!(dataset.examples.iter().all(|example| example.targets == [0.0, 0.0]));
    }
}

#[test]
fn all_negative_reviews_need_not_be_of_both_classes() {
    let folder = folder(&[("train/neg/0_1.txt", b"Bad."), ("test/pos/readme.md", b"none")]);
    let read = |split| read(&[all_negative(folder.path())], &schema(&["toxic"]), split, BadRows::Refuse, 1);
    assert_eq!(texts(&read(Split::Train).unwrap().examples), ["Bad."]);
    assert!(read(Split::Test).unwrap_err().to_string().contains("has no review"));
}

#[test]
fn an_archive_without_train_is_refused() {
    let content = gzip(&tar(&[("aclImdb/test/pos/0_9.txt", b"Good."), ("aclImdb/test/neg/0_1.txt", b"Bad.")]));
    let folder = folder(&[("half.tar.gz", &content)]);
    let path = folder.path().join("half.tar.gz");
    let sentence = failure(&path, &LABELS, Split::Train);
    assert!(sentence.contains("half.tar.gz has no review (ID_STARS.txt) in train/neg"), "{sentence}");
    assert_eq!(read_one(&path, &LABELS, Split::Test).unwrap().examples.len(), 2);
}

#[test]
fn a_class_without_reviews_is_refused() {
    let folder = folder(&[("train/neg/0_1.txt", b"Bad."), ("train/pos/readme.md", b"none")]);
    let sentence = failure(folder.path(), &LABELS, Split::Train);
    assert!(sentence.contains("has no review (ID_STARS.txt) in train/pos"), "{sentence}");
}

#[test]
fn a_damaged_archive_is_refused() {
    let whole = gzip(&tar(&[("aclImdb/train/pos/0_9.txt", &[b'x'; 3000]), ("aclImdb/train/neg/0_1.txt", b"Bad.")]));
    let xz = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tiny-aclImdb.tar.xz")).unwrap();
    let folder = folder(&[
        ("cut.tar.gz", &whole[..whole.len() - 20]),
        ("cut.tar.xz", &xz[..xz.len() / 2]),
        ("no.tar.gz", &gzip(&[b'x'; 2000])),
    ]);
    for name in ["cut.tar.gz", "cut.tar.xz", "no.tar.gz"] {
        let sentence = failure(&folder.path().join(name), &LABELS, Split::Train);
        assert!(
            sentence.contains(&format!("{name} cannot be read to its end as a compressed tar archive")),
            "{sentence}"
        );
    }
}

#[test]
fn a_review_that_is_no_text_is_named() {
    let broken = folder(&[("train/neg/0_1.txt", b"Bad.\nAnd \xff worse."), ("train/pos/0_9.txt", b"Good.")]);
    let sentence = failure(broken.path(), &LABELS, Split::Train);
    assert!(sentence.ends_with("0_1.txt, line 2: this is not UTF-8; convert the file to UTF-8"), "{sentence}");
    let content = gzip(&tar(&[("aclImdb/train/neg/0_1.txt", b"Bad."), ("aclImdb/train/pos/0_9.txt", b"")]));
    let empty = folder(&[("a.tar.gz", &content)]);
    let sentence = failure(&empty.path().join("a.tar.gz"), &LABELS, Split::Train);
    assert!(sentence.starts_with("aclImdb/train/pos/0_9.txt in "), "{sentence}");
    assert!(sentence.contains("a.tar.gz, line 1: the review is empty"), "{sentence}");
}

#[test]
fn a_review_that_is_no_review_is_not_kept_in_memory() {
    let folder = unpacked();
    let huge = vec![b'a'; 3 << 20];
    std::fs::write(folder.path().join("aclImdb/train/pos/9_9.txt"), &huge).unwrap();
    let named = "9_9.txt, line 1: this is longer than a megabyte, and so no review";
    let sentence = failure(folder.path(), &LABELS, Split::Train);
    assert!(sentence.contains("this is longer than a megabyte"), "{sentence}");
    let archive = gzip(&tar(&[("aclImdb/train/neg/0_1.txt", b"Bad."), ("aclImdb/train/pos/9_9.txt", &huge)]));
    let path = folder.path().join("bomb.tar.gz");
    std::fs::write(&path, archive).unwrap();
    let sentence = failure(&path, &LABELS, Split::Train);
    assert!(sentence.contains(&named.replace(", line 1", &format!(" in {}, line 1", path.display()))), "{sentence}");
}

#[test]
fn names_without_end_are_refused() {
    let long = format!("{}/train/pos/0_9.txt", "a".repeat(300));
    let folder = folder(&[("long.tar.gz", &gzip(&tar(&[(&long, b"Good.")])))]);
    let sentence = failure(&folder.path().join("long.tar.gz"), &LABELS, Split::Train);
    assert!(sentence.contains("has names of more than 100 characters"), "{sentence}");
}

/// The header of a block says how much memory it needs: 4 GiB at most, of which 100 bytes make no use.
#[test]
fn an_archive_that_asks_for_too_much_memory_is_refused() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tiny-aclImdb.tar.xz"));
    let mut content = std::fs::read(path).unwrap();
    // The stream's header has 12 bytes; the block's has its size in words, flags, and a filter's id, size and property.
    let end = 12 + 4 * (usize::from(content[12]) + 1);
    let property = (14..end).find(|at| content[*at] == 0x21 && content[at + 1] == 1).unwrap() + 2;
    content[property] = 40;
    let mut checksum = flate2::Crc::new();
    checksum.update(&content[12..end - 4]);
    content[end - 4..end].copy_from_slice(&checksum.sum().to_le_bytes());
    let folder = folder(&[("aclImdb.tar.xz", &content)]);
    let sentence = failure(&folder.path().join("aclImdb.tar.xz"), &LABELS, Split::Train);
    assert!(sentence.contains("memory"), "{sentence}");
}

#[test]
fn an_archive_that_ends_between_two_reviews_is_cut_off() {
    let whole = tar(&[("aclImdb/train/pos/0_9.txt", b"Good."), ("aclImdb/train/neg/0_1.txt", b"Bad.")]);
    // A block for each header and content, and two that say that it ends.
    assert_eq!(whole.len(), 6 * 512);
    for (length, is_whole) in [(6, true), (5, true), (4, false)] {
        let folder = folder(&[("reviews.tar.gz", &gzip(&whole[..length * 512]))]);
        let read = read_one(&folder.path().join("reviews.tar.gz"), &LABELS, Split::Train);
        match read {
            Ok(dataset) => assert!(is_whole && dataset.examples.len() == 2, "{length}"),
            Err(error) => assert!(!is_whole && error.to_string().contains("without the mark of its end"), "{error}"),
        }
    }
}
