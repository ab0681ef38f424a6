//! Archives, old files and safetensors headers that lie about what they hold.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod made;

use std::fs;

use gpu_bridge_checkpoint::Error;
use made::{Zip, archive, four_floats, golden, legacy, preamble, pytorch, replaced, safetensors, state_dict};

const FLOATS: &[u8] = &[0; 16];

fn pickle() -> Vec<u8> {
    state_dict(&four_floats())
}

/// A valid archive, changed before its directory is written.
fn changed(change: impl Fn(&mut Zip)) -> Vec<u8> {
    let mut zip = Zip::default();
    zip.add("m/data.pkl", &pickle());
    zip.add("m/data/0", FLOATS);
    change(&mut zip);
    zip.end()
}

fn is_damaged(file: &[u8], part: &str) {
    let error = pytorch(file).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }) && error.to_string().contains(part), "{error}");
}

#[test]
fn what_is_made_here_is_valid_until_it_is_changed() {
    for file in [archive(&pickle(), FLOATS), legacy(&pickle(), 4, FLOATS), changed(|_| ())] {
        let layout = pytorch(&file).unwrap();
        assert_eq!(layout.tensor(&file, "weight").unwrap().bytes()[..], *FLOATS);
    }
}

#[test]
fn compressed_and_encrypted_entries_are_refused() {
    for file in [changed(|zip| zip.records[1].method = 8), changed(|zip| zip.records[1].flags = 1)] {
        let error = pytorch(&file).unwrap_err();
        assert!(error.to_string().contains("`m/data/0` is compressed or encrypted"), "{error}");
    }
}

#[test]
fn a_directory_that_lies_is_damage() {
    is_damaged(&changed(|zip| zip.records[1].packed = 15), "two lengths");
    is_damaged(&changed(|zip| zip.records[1].header = 0), "another header");
    is_damaged(&changed(|zip| zip.records[1].header = 1 << 30), "ends too early");
    is_damaged(&changed(|zip| zip.records[1].name.push('1')), "another header");
    is_damaged(&changed(|zip| zip.add("m/data/0", FLOATS)), "two entries `m/data/0`");
    is_damaged(&changed(|zip| zip.add("other/data.pkl", FLOATS)), "several data.pkl");
    is_damaged(&changed(|zip| drop(zip.records.remove(0))), "without a data.pkl");
    is_damaged(&changed(|zip| drop(zip.records.remove(1))), "lacks the entry `m/data/0`");
}

#[test]
fn entries_that_overlap_are_damage() {
    let inner = |zip: &mut Zip| {
        let length = u32::try_from(zip.bytes.len()).unwrap() - zip.records[0].header;
        (zip.records[0].packed, zip.records[0].length) = (length - 40, length - 40);
    };
    is_damaged(&changed(inner), "overlap");
    let beyond = |zip: &mut Zip| (zip.records[1].packed, zip.records[1].length) = (1 << 30, 1 << 30);
    is_damaged(&changed(beyond), "ends too early");
}

#[test]
fn sizes_of_64_bits_are_read_where_they_are_announced() {
    let long = |length: u64, header: u64| {
        let numbers = [length, length, header].map(u64::to_le_bytes).concat();
        [&[7, 0, 2, 0, 9, 9, 1, 0, 24, 0][..], &numbers].concat()
    };
    let with = |length: u64, wrong: u64| {
        changed(|zip| {
            let record = &mut zip.records[1];
            record.extra = long(length, u64::from(record.header) + wrong);
            (record.packed, record.length, record.header) = (u32::MAX, u32::MAX, u32::MAX);
        })
    };
    let file = with(16, 0);
    assert_eq!(pytorch(&file).unwrap().tensor(&file, "weight").unwrap().bytes().len(), 16);
    is_damaged(&with(u64::MAX, 0), "ends too early");
    is_damaged(&with(16, 1 << 40), "ends too early");
    is_damaged(&with(16, 1), "another header");
    is_damaged(&changed(|zip| zip.records[1].header = u32::MAX), "ends too early");
}

#[test]
fn an_absurd_number_of_entries_or_place_of_the_directory_is_damage() {
    let whole = archive(&pickle(), FLOATS);
    for (from_end, bytes) in [(12, vec![0xff, 0xff]), (6, vec![0xff; 4]), (6, vec![0; 4]), (22, vec![0; 4])] {
        let mut file = whole.clone();
        let at = file.len() - from_end;
        file.splice(at..at + bytes.len(), bytes);
        assert!(matches!(pytorch(&file), Err(Error::Damaged { .. })), "{from_end}");
    }
    let mut file = fs::read(golden("same/zip.bin")).unwrap();
    let end_64 = file.len() - 22 - 20 - 56;
    file[end_64 + 32..end_64 + 40].fill(0xff);
    assert!(matches!(pytorch(&file), Err(Error::Damaged { .. })));
}

#[test]
fn an_old_file_that_lies_is_damage() {
    let good = legacy(&pickle(), 4, FLOATS);
    let keyed = |keys: &[u8], rest: &[u8]| [&preamble()[..], &pickle(), keys, rest].concat();
    let one = [&4_u64.to_le_bytes()[..], FLOATS].concat();
    is_damaged(&keyed(b"N.", &one), "no list of its storages");
    is_damaged(&keyed(b"](K\x01e.", &one), "key is no text");
    is_damaged(&keyed(b"].", &one), "`0` is missing");
    is_damaged(&keyed(b"](X\x01\x00\x00\x001e.", &one), "`1` that no tensor uses");
    is_damaged(&keyed(b"](X\x01\x00\x00\x000X\x01\x00\x00\x000e.", &one.repeat(2)), "two storages `0`");
    is_damaged(&legacy(&pickle(), 5, &[0; 20]), "5 elements instead of 4");
    is_damaged(&legacy(&pickle(), u64::MAX, FLOATS), "elements instead of 4");
    is_damaged(&good[..good.len() - 1], "ends too early");
    is_damaged(b"\x80\x02K\x01.", "magic number");
    is_damaged(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.K\x01.", "not version 1001");
    let twice =
        [&b"}X\x01\x00\x00\x00a"[..], &four_floats(), b"sX\x01\x00\x00\x00b", &four_floats(), b"s."].concat();
    assert!(pytorch(&legacy(&twice, 4, FLOATS)).is_ok());
    let elsewhere = replaced(&twice, b"K\x04tQ", b"K\x03tQ");
    is_damaged(&legacy(&elsewhere, 4, FLOATS), "`0` has two descriptions");
}

#[test]
fn other_files_by_that_name_are_said_to_be() {
    for file in [&b""[..], b"version https://git-lfs.github.com/spec/v1\n", b"\x1f\x8b\x08", b"<html>"] {
        is_damaged(file, "neither a zip archive nor a pickle");
    }
    is_damaged(b"PK", "no directory at its end");
    is_damaged(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "without a data.pkl");
    is_damaged(&[0x80], "ends too early");
}

/// A safetensors file with this header.
fn headed(header: &str, data: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; data]].concat()
}

#[test]
fn a_safetensors_header_that_lies_is_damage() {
    let two = |one: &str, other: &str| {
        let tensor = |offsets: &str| format!(r#"{{"dtype":"F32","shape":[1],"data_offsets":{offsets}}}"#);
        format!(r#"{{"a":{},"b":{}}}"#, tensor(one), tensor(other))
    };
    assert_eq!(safetensors(&headed(&two("[0,4]", "[4,8]"), 8)).unwrap().names().count(), 2);
    for (header, part) in [
        (two("[0,4]", "[0,4]"), "invalid offset"),
        (two("[0,4]", "[2,6]"), "`b`"),
        (two("[0,4]", "[5,9]"), "`b`"),
        (two("[0,4]", "[4,9]"), "header"),
        (two("[4,0]", "[4,8]"), "header"),
        (two("[0,4]", "[4,18446744073709551615]"), "header"),
        (
            r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}}"#.into(),
            "header",
        ),
        (r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}"#.into(), "header"),
        (r#"{"a":{"dtype":"F128","shape":[1],"data_offsets":[0,8]}}"#.into(), "F128"),
        ("[".repeat(100_000), "header"),
        (String::new(), "header"),
    ] {
        let error = safetensors(&headed(&header, 8)).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }) && error.to_string().contains(part), "{error}");
        assert!(error.to_string().len() < 400, "{error}");
    }
}

#[test]
fn one_name_for_two_safetensors_is_damage() {
    let empty = r#"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#;
    let error = safetensors(&headed(&format!(r#"{{"a":{empty},"a":{empty}}}"#), 0)).unwrap_err();
    assert!(error.to_string().contains("`a` appears twice"), "{error}");
}

#[test]
fn a_safetensors_header_longer_than_its_file_allocates_nothing() {
    for length in [u64::MAX, 1 << 40, 99_000_000, 9] {
        let file = [&length.to_le_bytes()[..], b"{}"].concat();
        assert!(matches!(safetensors(&file), Err(Error::Damaged { .. })), "{length}");
    }
    let long = format!("{{}}{}", " ".repeat(8 << 20));
    assert!(safetensors(&headed(&long[..8 << 20], 0)).is_ok());
    assert!(safetensors(&headed(&long, 0)).unwrap_err().to_string().contains("it claims 8388610 bytes"));
    for length in 0..8 {
        assert!(safetensors(&[0; 8][..length]).is_err());
    }
}
