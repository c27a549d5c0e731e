//! Promise 13: nothing personal lies on the disk in clear, in no spelling a scanner would find.

use std::fmt::Write as _;
use std::path::Path;

use domain::PersonName;
use engine::Chosen;
use testkit::{COMPATIBLE, TestEngine, orders};

/// A name nobody has.
const NAME: &str = "龘龖靐齉";
const NUMBER: &str = "110000199003070036";
const PAGE: &str = "https://merchant.example/canary-of-the-return-address?user=1";

/// Every number written by `write`, one after the other.
fn written<N>(numbers: impl Iterator<Item = N>, write: impl Fn(&mut String, N)) -> Vec<u8> {
    let mut text = String::new();
    numbers.for_each(|number| write(&mut text, number));
    text.into_bytes()
}

/// The middle of the Base64 of `text` wherever it begins in a longer text.
fn base64(text: &str) -> Vec<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..3)
        .map(|shift| {
            let bytes = [vec![0; shift], text.as_bytes().to_vec()].concat();
            let letters = bytes.chunks_exact(3).flat_map(|three| {
                let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
                [18, 12, 6, 0].map(|place| *ALPHABET.get(bits >> place & 63).unwrap())
            });
            letters.skip(4).collect()
        })
        .collect()
}

fn spellings(text: &str) -> Vec<Vec<u8>> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut forms = vec![
        text.as_bytes().to_vec(),
        units.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
        hex::encode(text).into_bytes(),
        hex::encode_upper(text).into_bytes(),
        written(text.bytes(), |text, byte| write!(text, "%{byte:02X}").unwrap()),
        written(text.encode_utf16(), |text, unit| write!(text, "\\u{unit:04x}").unwrap()),
    ];
    forms.extend(base64(text));
    forms
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// All files of a folder with what is in them.
fn on_disk(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
}

fn assert_no_canary(folder: &Path) {
    let files = on_disk(folder);
    assert!(!files.is_empty());
    for (name, bytes) in &files {
        for text in [NAME, NUMBER, PAGE, &NUMBER[..17], "canary-of-the-return-address"] {
            for form in spellings(text) {
                assert!(!contains(bytes, &form), "{text} in {name}");
            }
        }
    }
    // The scan would see what is there: the order number is no secret.
    assert!(files.iter().any(|(_, bytes)| contains(bytes, b"canary1")));
}

async fn open_canary(world: &TestEngine) {
    let mut order = orders::order("canary1");
    order.identity.cert_name = PersonName::restore(NAME.to_owned());
    order.identity.cert_no = orders::number(NUMBER);
    order.merchant = orders::merchant(PAGE);
    let rule = domain::Rule::CheckDigit;
    order.warnings = vec![domain::Rejected { field: domain::Field::CertNo, rule }];
    let id = world.open(order).await;
    let link = world.engine.certify(&world.acting(COMPATIBLE), id, None).await.unwrap();
    assert_eq!(world.engine.view(&link, None).await.unwrap().masked_name, "**靐齉");
    world.engine.choose(id, Chosen::Passed).await.unwrap();
}

#[tokio::test]
async fn neither_the_database_nor_its_journal_holds_a_name_a_number_or_an_address() {
    let world = TestEngine::in_folder();
    open_canary(&world).await;
    // While the engine runs there is a write-ahead log beside the file; it is read too.
    assert!(on_disk(world.folder()).iter().any(|(name, _)| name.ends_with("-wal")));
    assert_no_canary(world.folder());
    let world = world.reopened();
    assert_no_canary(world.folder());
}

#[tokio::test]
async fn tokens_and_auth_codes_are_not_on_the_disk_either() {
    let world = TestEngine::in_folder();
    let signed_in =
        world.engine.sign_in_with("space", "alipay_openapi", "code-canary").await.unwrap();
    for (name, bytes) in on_disk(world.folder()) {
        for secret in [signed_in.access_token.as_str(), "code-canary"] {
            assert!(!contains(&bytes, secret.as_bytes()), "{secret} in {name}");
        }
    }
}

#[tokio::test]
async fn no_debug_form_shows_a_person_or_a_token() {
    let world = TestEngine::in_memory();
    let order = orders::order("debug1");
    let signed_in = world.engine.sign_in_anonymously("space").await.unwrap();
    let shown = format!("{order:?} {signed_in:?} {:?} {:#?}", world.engine, testkit::grants());
    let token = signed_in.access_token.as_str();
    for secret in [orders::CERT_NAME, orders::CERT_NO, token, testkit::MERCHANT_TOKEN] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_database_opened_with_another_master_key_shows_nobody() {
    let world = TestEngine::in_folder();
    let id = world.open(orders::order("key1")).await;
    let url = format!("sqlite://{}", world.folder().join("certifyd.db").display());
    let thief = engine::Engine::new(engine::Parts {
        store: store::Store::open(&url).unwrap(),
        clock: world.clock.clone(),
        chance: std::sync::Arc::new(testkit::SeededChance::new(3)),
        vault: engine::Vault::new(&[8; 32]).unwrap(),
        mode: engine::Mode::Test,
        apps: testkit::apps(),
        grants: Vec::new(),
        verifier: None,
        policy: engine::Policy::default(),
        notices: None,
        graveyard: None,
    });
    let link = thief.certify(&world.acting(COMPATIBLE), id, None).await.unwrap();
    let refused = thief.view(&link, None).await.unwrap_err();
    assert!(matches!(refused, engine::EngineError::Internal(_)), "{refused:?}");
}
