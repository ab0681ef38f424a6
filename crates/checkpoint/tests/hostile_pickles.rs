//! Pickles that want more than tensors: code, memory, or the reader's patience.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod made;

use std::fs;

use gpu_bridge_checkpoint::Error;
use made::{archive, four_floats, golden, legacy, pytorch, replaced, state_dict, tensor};

/// The error that `pickle` gives in both formats.
fn refused(pickle: &[u8]) -> Error {
    let [one, other] =
        [archive(pickle, &[0; 16]), legacy(pickle, 4, &[0; 16])].map(|file| pytorch(&file).unwrap_err());
    assert_eq!(one.to_string(), other.to_string());
    assert_eq!(one.code(), "invalid_model");
    one
}

fn is_unsafe(pickle: &[u8], name: &str) {
    let error = refused(pickle);
    assert!(matches!(error, Error::UnsafePickle { .. }), "{error}");
    assert!(
        error.to_string().contains(&format!("`{name}`")) && error.to_string().contains("run code"),
        "{error}"
    );
}

fn is_damaged(pickle: &[u8], part: &str) {
    let error = refused(pickle);
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(error.to_string().contains(part), "{error}");
}

fn golden_error(name: &str) -> String {
    pytorch(&fs::read(golden(&format!("refused/{name}.bin"))).unwrap()).unwrap_err().to_string()
}

#[test]
fn a_command_that_torch_saved_is_named() {
    for form in ["command_zip", "command_legacy"] {
        assert!(golden_error(form).contains("`posix.system`"), "{}", golden_error(form));
    }
    assert!(golden_error("module").contains("`torch.nn.modules.linear.Linear`"));
}

#[test]
fn every_name_beyond_the_list_is_refused_by_itself() {
    for name in [
        "os.system",
        "builtins.eval",
        "__builtin__.exec",
        "torch.load",
        "torch.nn.Linear",
        "torch.storage._load_from_bytes",
        "torch.ComplexFloatStorage",
        "torch.UntypedStorage",
        "collections.defaultdict",
        "torch._utils._rebuild_qtensor",
    ] {
        let (module, class) = name.rsplit_once('.').unwrap();
        is_unsafe(format!("c{module}\n{class}\n.").as_bytes(), name);
        let text = |text: &str| [&[0x8c, text.len() as u8], text.as_bytes()].concat();
        is_unsafe(&[&b"\x80\x04"[..], &text(module), &text(class), b"\x93."].concat(), name);
    }
}

#[test]
fn instructions_that_call_are_refused() {
    for (pickle, name) in [
        (&b"(ios\nsystem\n."[..], "INST"),
        (b"(K\x01o.", "OBJ"),
        (b"ccollections\nOrderedDict\n)\x81.", "NEWOBJ"),
        (b"ccollections\nOrderedDict\n)}\x92.", "NEWOBJ_EX"),
        (b"\x82\x01.", "EXT1"),
        (b"\x83\x01\x00.", "EXT2"),
        (b"\x84\x01\x00\x00\x00.", "EXT4"),
    ] {
        is_unsafe(pickle, &format!("the pickle instruction {name}"));
    }
}

#[test]
fn a_hostile_name_can_not_flood_or_forge_a_message() {
    let name = format!("os\u{1b}[31m{}", "x".repeat(100_000));
    let message = refused(format!("c{name}\nsystem\n.").as_bytes()).to_string();
    assert!(message.len() < 600 && !message.contains('\u{1b}'), "{message}");
    is_damaged(
        &replaced(&state_dict(&four_floats()), b"weight", b"we\nght"),
        "can't be the name of a tensor",
    );
}

#[test]
fn calls_with_other_arguments_are_damage() {
    let with_tensor = |after: &[u8]| state_dict(&[&four_floats(), after].concat());
    for pickle in [
        &b"ccollections\nOrderedDict\n(K\x01tR."[..],
        b"ccollections\nOrderedDict\n]R.",
        b"}(K\x01tR.",
        b"ctorch\nFloatStorage\n)R.",
        b"ctorch._utils\n_rebuild_tensor_v2\n)R.",
        b"ctorch._utils\n_rebuild_parameter\n(K\x01\x89}tR.",
        b"K\x01Q.",
        b"(X\x07\x00\x00\x00storageQ.",
        b"(X\x07\x00\x00\x00storageK\x01K\x01K\x01K\x01tQ.",
        b"K\x01}b.",
        b"]}b.",
        b"}K\x01b.",
        b"}K\x01a.",
        b"]K\x01K\x02s.",
        b"}(K\x01u.",
        &with_tensor(b"}b"),
    ] {
        assert!(matches!(refused(pickle), Error::Damaged { .. }), "{pickle:?}");
    }
}

#[test]
fn a_stack_that_does_not_hold_is_damage() {
    for (pickle, part) in [
        (&b"."[..], "empty stack"),
        (b"K\x01(.", "empty stack"),
        (b"K\x01(\x85.", "empty stack"),
        (b"](a.", "empty stack"),
        (b"K\x01t.", "lacks a mark"),
        (b"h\x07.", "recalls value 7"),
        (b"j\xff\xff\xff\xff.", "recalls value 4294967295"),
        (b"q\x00.", "empty stack"),
        (b"\xfe.", "0xfe"),
        (b"\x8f.", "0x8f"),
    ] {
        let error = refused_somehow(pickle);
        assert!(error.contains(part), "{error}");
    }
}

/// As [`refused`], for pickles whose end is not their own.
fn refused_somehow(pickle: &[u8]) -> String {
    pytorch(&legacy(pickle, 4, &[0; 16])).unwrap_err().to_string()
}

#[test]
fn only_a_flat_dict_of_tensors_is_a_state_dict() {
    for form in ["training_zip", "training_legacy"] {
        let message = golden_error(form);
        assert!(message.contains("`epoch` is no tensor") && message.contains("state_dict()"), "{message}");
    }
    assert!(golden_error("tensor").contains("no dict of tensors"));
    assert!(golden_error("negated").contains("negated"));
    assert!(golden_error("quantised").contains("_rebuild_qtensor"));
    for root in
        [&b"N."[..], b"].", b").", b"K\x01.", b"X\x01\x00\x00\x00x.", b"G\x00\x00\x00\x00\x00\x00\x00\x00."]
    {
        assert!(refused(root).to_string().contains("no dict of tensors"));
    }
    is_damaged(&[&b"}K\x01"[..], &four_floats(), b"s."].concat(), "name is no text");
}

#[test]
fn a_storage_that_torch_would_not_describe_so_is_refused() {
    let with = |from: &[u8], to: &[u8]| refused(&replaced(&state_dict(&four_floats()), from, to)).to_string();
    assert!(with(b"K\x04tQ", b"K\x04(X\x01\x00\x00\x001K\x00K\x02ttQ").contains("views of storages"));
    let long = [&b"X\x41\x00\x00\x00"[..], &[b'0'; 65], b"X\x03\x00\x00\x00cpu"].concat();
    assert!(with(b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpu", &long).contains("no storage"));
    let nine = b"(K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01t";
    is_damaged(&state_dict(&tensor(b"K\x04", b"K\x00", nine, nine)), "shape or strides");
}

#[test]
fn one_name_for_two_tensors_is_damage() {
    let member = [&b"X\x01\x00\x00\x00w"[..], &four_floats(), b"s"].concat();
    is_damaged(&[&b"}"[..], &member, &member, b"."].concat(), "two tensors `w`");
}

#[test]
fn a_tensor_outside_its_storage_is_damage() {
    let minus_one = b"J\xff\xff\xff\xff";
    let huge = b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f";
    let one = |number: &[u8]| [number, b"\x85"].concat();
    let two = |number: &[u8]| [number, number, b"\x86"].concat();
    for (offset, shape, strides) in [
        (&b"K\x00"[..], one(b"K\x05"), one(b"K\x01")),
        (b"K\x01", one(b"K\x04"), one(b"K\x01")),
        (b"K\x00", one(b"K\x02"), one(b"K\x04")),
        (huge, one(b"K\x04"), one(b"K\x01")),
        (minus_one, one(b"K\x04"), one(b"K\x01")),
        (b"K\x00", one(huge), one(b"K\x00")),
        (b"K\x00", two(huge), two(b"K\x00")),
        (b"K\x00", two(huge), two(huge)),
        (b"K\x00", one(b"K\x04"), one(minus_one)),
        (b"K\x00", one(minus_one), one(b"K\x01")),
        (b"K\x00", one(b"K\x04"), two(b"K\x01")),
        (b"K\x00", one(b"N"), one(b"K\x01")),
        (b"K\x00", one(b"\x8a\x09\x01\x00\x00\x00\x00\x00\x00\x00\x01"), one(b"K\x00")),
    ] {
        let error = refused(&state_dict(&tensor(b"K\x04", offset, &shape, &strides)));
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
    assert!(golden_error("expanded").contains("[1048576]"), "{}", golden_error("expanded"));
}

#[test]
fn a_storage_of_another_size_is_damage() {
    for count in [&b"K\x05"[..], b"K\x03", b"J\xff\xff\xff\xff", b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"]
    {
        let pickle = state_dict(&tensor(count, b"K\x00", b"K\x01\x85", b"K\x01\x85"));
        for file in [archive(&pickle, &[0; 16]), legacy(&pickle, 4, &[0; 16])] {
            assert!(matches!(pytorch(&file), Err(Error::Damaged { .. })), "{count:?}");
        }
    }
    let huge = b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x3f";
    let pickle = state_dict(&tensor(huge, b"K\x00", b"K\x01\x85", b"K\x01\x85"));
    assert!(pytorch(&legacy(&pickle, (1 << 62) - 1, &[0; 16])).is_err());
}

#[test]
fn nesting_costs_neither_stack_nor_time() {
    let deep = [&b"K\x01"[..], &b"\x85".repeat(500_000), b"."].concat();
    assert!(refused(&deep).to_string().contains("no dict of tensors"));
    let lists = [&b"](".repeat(250_000)[..], b"."].concat();
    assert!(refused_somehow(&lists).contains("empty stack"));
    let around_itself = b"}q\x00X\x01\x00\x00\x00xh\x00s.";
    assert!(refused(around_itself).to_string().contains("`x` is no tensor"));
}

#[test]
fn doubling_a_value_doubles_nothing() {
    let doubling = [&b")"[..], &b"q\x00h\x00\x86".repeat(200_000), b"."].concat();
    assert!(refused(&doubling).to_string().contains("no dict of tensors"));
    let lists = [&b"]q\x00"[..], &b"(h\x00h\x00h\x00h\x00h\x00h\x00e".repeat(50_000), b"."].concat();
    assert!(refused(&lists).to_string().contains("no dict of tensors"));
}

#[test]
fn a_pickle_may_not_go_on_for_ever() {
    is_damaged(&[&b"N".repeat(1 << 20)[..], b"."].concat(), "more than 1048576 instructions");
}

#[test]
fn lengths_beyond_the_file_allocate_nothing() {
    for pickle in
        [&b"X\xff\xff\xff\xffname"[..], b"T\xff\xff\xff\xffname", b"\x8a\xff\x01", b"\x8c\xffname", b"cos"]
    {
        assert!(refused_somehow(pickle).contains("ends too early"), "{}", refused_somehow(pickle));
    }
}
