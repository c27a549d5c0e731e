//! Addresses seen in use, addresses meant to mislead, and what must hold for any text.

use proptest::prelude::*;

use super::*;

fn refusal(text: &str, profile: Profile) -> Option<Rule> {
    ReturnUrl::parse(text, profile).err().map(|rejected| rejected.rule)
}

fn target(text: &str) -> Option<String> {
    ReturnUrl::parse(text, Profile::Compatible).unwrap().value.target()
}

#[test]
fn addresses_in_use_pass_both_profiles() {
    let good = [
        "https://shop.example/done?order=1#top",
        "HTTP://shop.example",
        "http://localhost:8080/done",
        "https://[::1]:8443/",
        "https://medium.example/@user",
        "https://shop.example/?next=javascript:alert(1)",
        "alipays://platformapi/startapp?appId=20000067&x=a@b",
        "myapp://done",
        "my-app+1.0://",
    ];
    for text in good {
        for profile in [Profile::Strict, Profile::Compatible] {
            let checked = ReturnUrl::parse(text, profile).unwrap();
            assert_eq!(checked.warnings, vec![], "{text}");
            assert_eq!(checked.value.target().as_deref(), Some(text));
        }
    }
}

#[test]
fn a_bare_host_is_taken_as_https() {
    let doubt = vec![Rejected { field: Field::ReturnUrl, rule: Rule::SchemeAssumed }];
    for text in ["www.taobao.com", "www.taobao.com:8443/a?b=http://c", "192.0.2.1/x"] {
        for profile in [Profile::Strict, Profile::Compatible] {
            let checked = ReturnUrl::parse(text, profile).unwrap();
            assert_eq!(checked.warnings, doubt);
            assert_eq!(checked.value.target(), Some(format!("https://{text}")));
        }
    }
}

#[test]
fn nowhere_to_return_to() {
    for text in ["", "  "] {
        assert_eq!(refusal(text, Profile::Strict), Some(Rule::Empty));
        let checked = ReturnUrl::parse(text, Profile::Compatible).unwrap();
        assert_eq!(checked.warnings.iter().map(|w| w.rule).collect::<Vec<_>>(), vec![Rule::Empty]);
        assert_eq!((checked.value.as_str(), checked.value.target()), ("", None));
    }
}

#[test]
fn only_strict_refuses_and_no_browser_is_sent_there() {
    let dubious = [
        ("//evil.example", Rule::NotAnAddress),
        ("/done", Rule::NotAnAddress),
        ("done", Rule::NotAnAddress),
        ("localhost:8080", Rule::NotAnAddress),
        ("https:evil.example", Rule::NotAnAddress),
        ("https:/evil.example", Rule::NotAnAddress),
        ("https:///evil.example", Rule::BadHost),
        ("https://", Rule::BadHost),
        ("https://例子.中国/", Rule::BadHost),
        ("intent:#Intent;end", Rule::NotAnAddress),
        ("1app://done", Rule::NotAnAddress),
        ("a.example b", Rule::NotAllowedCharacter { position: 10 }),
    ];
    for (text, rule) in dubious {
        assert_eq!(refusal(text, Profile::Strict), Some(rule), "{text}");
        assert_eq!(target(text), None, "{text}");
    }
}

#[test]
fn what_no_profile_takes() {
    let never = [
        ("javascript:alert(1)", Rule::ForbiddenScheme),
        (" JaVaScRiPt:alert(1)", Rule::ForbiddenScheme),
        ("java script:alert(1)", Rule::ForbiddenScheme),
        ("java\u{200b}script:alert(1)", Rule::ForbiddenScheme),
        ("javascript://shop.example/%0aalert(1)", Rule::ForbiddenScheme),
        ("data:text/html,x", Rule::ForbiddenScheme),
        ("vbscript:x", Rule::ForbiddenScheme),
        ("FILE:///etc/passwd", Rule::ForbiddenScheme),
        ("blob:https://a.example/1", Rule::ForbiddenScheme),
        ("about:blank", Rule::ForbiddenScheme),
        ("java\tscript:alert(1)", Rule::ControlCharacter { position: 5 }),
        ("https://a.example/\r\nSet-Cookie:x", Rule::ControlCharacter { position: 19 }),
        ("https://a.example/\u{85}", Rule::ControlCharacter { position: 19 }),
        ("\\\\evil.example", Rule::Backslash { position: 1 }),
        ("https://a.example\\@evil.example", Rule::Backslash { position: 18 }),
        ("https://shop.example@evil.example/", Rule::Credentials),
        ("https://u:p@evil.example", Rule::Credentials),
        ("https:@evil.example", Rule::Credentials),
        ("https:///@evil.example", Rule::Credentials),
        ("shop.example:80@evil.example", Rule::Credentials),
        ("//@evil.example", Rule::Credentials),
        ("myapp://user@host", Rule::Credentials),
    ];
    for (text, rule) in never {
        for profile in [Profile::Strict, Profile::Compatible] {
            assert_eq!(refusal(text, profile), Some(rule), "{text:?}");
        }
        assert_eq!(ReturnUrl::restore(text.to_owned()).target(), None, "{text:?}");
    }
    let long = format!("https://a.example/{}", "a".repeat(1007));
    let rule = Rule::TooLong { length: 1025, max: 1024 };
    assert_eq!(refusal(&long, Profile::Compatible), Some(rule));
    assert_eq!(refusal(&long[..1024], Profile::Strict), None);
}

#[test]
fn a_target_is_plain_ascii() {
    assert_eq!(
        target("https://a.example/完?q=\"<'>%20").as_deref(),
        Some("https://a.example/%E5%AE%8C?q=%22%3C%27%3E%20")
    );
}

#[test]
fn debug_leaves_the_query_out() {
    let shown = |text: &str| format!("{:?}", ReturnUrl::restore(text.to_owned()));
    assert_eq!(shown("https://a.example/b?phone=1#c"), "ReturnUrl(https://a.example/b…)");
    assert_eq!(shown("myapp://done"), "ReturnUrl(myapp://done)");
}

/// Texts near the edge: pieces of addresses and tricks in any order.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "javascript",
        "JAVA",
        "script",
        "data",
        "file",
        "https",
        "http",
        "myapp",
        ":",
        "//",
        "/",
        "\\",
        "@",
        "?",
        "#",
        " ",
        "\t",
        "\n",
        "\u{0}",
        "\u{a0}",
        "\u{200b}",
        "%0a",
        "%40",
        ".",
        "evil.example",
        "www.taobao.com",
        "[::1]",
        ":80",
        "＠",
        "：",
        "／",
        "\"",
        "<",
        "中",
    ]);
    prop::collection::vec(pieces, 0..9).prop_map(|pieces| pieces.concat())
}

fn is_safe(target: &str) -> bool {
    let lower = target.to_ascii_lowercase();
    let forbidden = FORBIDDEN.iter().any(|scheme| lower.starts_with(&format!("{scheme}:")));
    let after = target.split_once("://").map(|(_, after)| after);
    let no_credentials = |after: &str| {
        !after.trim_start_matches('/').split(['/', '?', '#']).next().unwrap().contains('@')
    };
    !forbidden
        && after.is_some_and(no_credentials)
        && target.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"'<>".contains(&b))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn targets_are_safe(near in hostile(), far in any::<Vec<char>>()) {
        for text in [near, far.into_iter().collect()] {
            let strict = ReturnUrl::parse(&text, Profile::Strict);
            let compatible = ReturnUrl::parse(&text, Profile::Compatible);
            prop_assert!(strict.is_err() || strict == compatible);
            if let Ok(checked) = &strict {
                prop_assert!(checked.value.target().is_some());
            }
            let restored = ReturnUrl::restore(text.clone()).target();
            let parsed = compatible.ok().and_then(|checked| checked.value.target());
            for target in [restored, parsed].into_iter().flatten() {
                prop_assert!(is_safe(&target), "{:?} became {:?}", text, target);
            }
        }
    }

    #[test]
    fn rejections_never_contain_the_value(tail in "[QZ鑫@]{6,40}") {
        let text = format!("https:{tail}");
        if let Err(rejected) = ReturnUrl::parse(&text, Profile::Strict) {
            for sentence in [rejected.zh(), rejected.en(), format!("{rejected:?}")] {
                prop_assert!(!sentence.contains(&tail));
            }
        }
    }
}

#[test]
fn apps_are_opened_by_registered_schemes_only() {
    let registered = ["myapp".to_owned()];
    let target = |text: &str| {
        ReturnUrl::parse(text, Profile::Compatible).unwrap().value.target_among(&registered)
    };
    for good in ["https://a.example/x", "http://a.example", "myapp://done", "MyApp://done?x=1"] {
        assert_eq!(target(good).as_deref(), Some(good));
    }
    assert_eq!(target("www.taobao.com").as_deref(), Some("https://www.taobao.com"));
    for bad in ["other://x", "intent://scan#Intent;end", "tel://110", "myapp2://x"] {
        assert_eq!(target(bad), None, "{bad}");
    }
}
