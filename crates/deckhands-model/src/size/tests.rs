//! Sizes: what is read, what is refused, and that what is printed reads back.

use proptest::prelude::*;

use super::*;

#[test]
fn what_is_read() {
    let rows = [
        ("0", 0),
        ("100", 100),
        ("64k", 64 << 10),
        ("512m", 512 << 20),
        ("4g", 4 << 30),
        ("2t", 2 << 40),
        ("4G", 4 << 30),
        (" 4g ", 4 << 30),
        ("4gb", 4 << 30),
        ("4GiB", 4 << 30),
        ("7b", 7),
        ("18446744073709551615", u64::MAX),
        ("16777215t", 16_777_215 << 40),
    ];
    for (text, bytes) in rows {
        assert_eq!(text.parse(), Ok(ByteSize::bytes(bytes)), "{text}");
    }
}

#[test]
fn what_is_refused() {
    let rows = [
        "",
        " ",
        "g",
        "b",
        "ib",
        "-1",
        "+1",
        "1.5g",
        "4 g",
        "4x",
        "4gg",
        "0x10",
        "١k",
        "18446744073709551616",
        "16777216t",
        "17179869184g",
    ];
    for text in rows {
        let error = text.parse::<ByteSize>().unwrap_err();
        assert_eq!(error.text, text);
        assert!(
            error
                .to_string()
                .starts_with(&format!("`{text}` is not a size: "))
        );
    }
}

#[test]
fn the_largest_whole_unit_is_printed() {
    let rows = [
        (0, "0"),
        (1, "1"),
        (1000, "1000"),
        (1024, "1k"),
        (1536, "1536"),
        (3 << 20, "3m"),
        (5 << 30, "5g"),
        (1 << 41, "2t"),
    ];
    for (bytes, text) in rows {
        assert_eq!(ByteSize::bytes(bytes).to_string(), text);
    }
    assert_eq!(ByteSize::gibibytes(4).as_u64(), 4 << 30);
    assert_eq!(ByteSize::mebibytes(64).as_u64(), 64 << 20);
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(bytes in any::<u64>(), shift in 0_u32..44) {
        for size in [ByteSize::bytes(bytes), ByteSize::bytes(bytes >> shift << shift)] {
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }
    }

    #[test]
    fn any_text_is_read_or_refused_and_never_wraps(count in any::<u64>(), unit in "[kmgt]?") {
        let shift = match unit.as_str() { "k" => 10, "m" => 20, "g" => 30, "t" => 40, _ => 0 };
        let wide = u128::from(count) << shift;
        let read = format!("{count}{unit}").parse::<ByteSize>().ok().map(|s| u128::from(s.as_u64()));
        prop_assert_eq!(read, (wide <= u128::from(u64::MAX)).then_some(wide));
    }
}
