//! The person's part: who may go on, in what order, and what comes of it.

use domain::{BizCode, CertifyId, Challenge, Part, Source, Step, Way};
use engine::{
    Agreement, Challenged, Chosen, EngineError, PictureError, Place, Review, Ruling, Taken, View,
    Watched,
};
use jiff::SignedDuration;
use testkit::{Blueprint, COMPATIBLE, FACE_ONLY, SeededChance, TestEngine, orders, pictures};

/// A number that is nobody's and decides nothing.
const PLAIN: &str = "110000199003070052";

struct Person {
    world: TestEngine,
    id: CertifyId,
    link: String,
    session: String,
}

fn agreement() -> Agreement {
    Agreement { version: "2026-11".into(), language: "zh".into(), guardian: false, way: Way::Scene }
}

async fn link_of(world: &TestEngine, scene: BizCode, number: &str) -> (CertifyId, String) {
    let mut order = orders::order(&format!("{}{number}{}", scene.as_str(), world.engine.now()));
    order.biz_code = scene;
    order.identity.cert_no = orders::number(number);
    let id = world.open(order).await;
    (id, world.engine.certify(&world.acting(COMPATIBLE), id, None).await.unwrap())
}

impl Person {
    async fn agreed(blueprint: &Blueprint, scene: BizCode, number: &str) -> Self {
        let world = TestEngine::made_of(blueprint);
        let (id, link) = link_of(&world, scene, number).await;
        let session = world.engine.agree(&link, agreement(), Some("device")).await.unwrap();
        Self { world, id, link, session }
    }

    async fn at(scene: BizCode) -> Self {
        Self::agreed(&Blueprint::default(), scene, orders::CERT_NO).await
    }

    async fn view(&self) -> View {
        self.world.engine.view(&self.link, Some(&self.session)).await.unwrap()
    }

    async fn place(&self) -> Place {
        self.view().await.place
    }

    async fn challenge(&self) -> Challenged {
        self.world.engine.challenge(&self.link, &self.session).await.unwrap()
    }

    async fn frame(&self, challenge: &str, index: u8) -> Result<(), EngineError> {
        let bytes = pictures::jpeg(320, 240);
        self.world.engine.frame(&self.link, &self.session, challenge, index, bytes).await
    }

    async fn photo(&self, part: Part, bytes: Vec<u8>) -> Result<(), EngineError> {
        let taken = Taken { part, source: Source::Camera, bytes };
        self.world.engine.photo(&self.link, &self.session, taken).await
    }

    async fn show_face(&self) {
        let challenge = self.challenge().await;
        for index in 0..9 {
            self.frame(&challenge.id, index).await.unwrap();
        }
    }

    async fn show_card(&self) {
        for part in [Part::CertFront, Part::CertBack] {
            self.photo(part, pictures::jpeg(320, 240)).await.unwrap();
        }
    }

    async fn submit(&self) -> Result<(), EngineError> {
        self.world.engine.submit(&self.link, &self.session).await
    }

    async fn kinds(&self) -> Vec<String> {
        let docket = self.world.engine.docket(self.id, "li").await.unwrap();
        docket.events.into_iter().map(|event| event.kind).collect()
    }
}

#[tokio::test]
async fn every_scene_is_walked_to_a_pass() {
    use Step::{CertBack, CertFront, Face, Submit};
    for (scene, steps) in [
        (BizCode::Face, vec![Face, Submit]),
        (BizCode::SmartFace, vec![Face, Submit]),
        (BizCode::CertPhoto, vec![CertFront, CertBack, Submit]),
        (BizCode::CertPhotoFace, vec![CertFront, CertBack, Face, Submit]),
    ] {
        let person = Person::at(scene).await;
        for step in steps {
            assert_eq!(person.place().await, Place::Step(step), "{scene}");
            match step {
                CertFront => person.photo(Part::CertFront, pictures::jpeg(320, 240)).await.unwrap(),
                CertBack => person.photo(Part::CertBack, pictures::png(320, 240)).await.unwrap(),
                Face => person.show_face().await,
                _ => person.submit().await.unwrap(),
            }
        }
        let view = person.view().await;
        assert_eq!((view.place, view.status.state), (Place::Finished, "passed"));
        assert_eq!(view.status.assurance, Some("simulated"));
        assert!(view.status.not_checked.contains(&"liveness"));
    }
}

#[tokio::test]
async fn a_test_identity_decides_and_any_other_is_chosen() {
    for (number, reason) in [
        ("110000199003070028", Some("FACE_NOT_MATCH")),
        ("110000199003070036", Some("FACE_NOT_LIVE")),
    ] {
        let person = Person::agreed(&Blueprint::default(), BizCode::Face, number).await;
        person.show_face().await;
        person.submit().await.unwrap();
        assert_eq!(person.view().await.status.reason.as_deref(), reason);
    }
    let person = Person::agreed(&Blueprint::default(), BizCode::Face, PLAIN).await;
    person.show_face().await;
    person.submit().await.unwrap();
    assert_eq!(person.place().await, Place::Choosing);
    let session = Some(person.session.as_str());
    let engine = &person.world.engine;
    assert_eq!(
        engine.choose_by_link(&person.link, None, Chosen::Passed).await,
        Err(EngineError::Elsewhere)
    );
    engine.choose_by_link(&person.link, session, Chosen::Passed).await.unwrap();
    assert_eq!(person.place().await, Place::Finished);
}

#[tokio::test]
async fn an_outcome_chosen_ahead_comes_true() {
    let world = TestEngine::in_memory();
    let reason = domain::FailReason::parse("CERT_EXPIRED").unwrap();
    let order_no = domain::OrderNo::restore("ahead1".into());
    let chosen = Chosen::Failed(reason);
    world.engine.choose_ahead(COMPATIBLE, order_no, Some(&chosen)).await.unwrap();
    let id = world.open(orders::order("ahead1")).await;
    let link = world.engine.certify(&world.acting(COMPATIBLE), id, None).await.unwrap();
    let session = world.engine.agree(&link, agreement(), None).await.unwrap();
    let person = Person { world, id, link, session };
    person.show_face().await;
    person.submit().await.unwrap();
    assert_eq!(person.view().await.status.reason.as_deref(), Some("CERT_EXPIRED"));
}

#[tokio::test]
async fn refusing_consent_is_an_outcome_and_is_recorded() {
    let world = TestEngine::in_memory();
    let (id, link) = link_of(&world, BizCode::Face, orders::CERT_NO).await;
    let session = world.engine.refuse(&link, agreement()).await.unwrap();
    let view = world.engine.view(&link, Some(&session)).await.unwrap();
    assert_eq!(view.status.reason.as_deref(), Some("CONSENT_REFUSED"));
    let events = world.engine.docket(id, "li").await.unwrap().events;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["in_progress", "consent_refused", "failed", "shown"]);
    assert_eq!(events[1].detail.as_deref(), Some("2026-11"));
    let again = world.engine.agree(&link, agreement(), None).await;
    assert_eq!(again, Err(EngineError::Elsewhere));
}

#[tokio::test]
async fn somebody_under_fourteen_needs_a_guardian() {
    let world = TestEngine::in_memory();
    let (_, link) = link_of(&world, BizCode::Face, "110105201501010017").await;
    assert!(world.engine.view(&link, None).await.unwrap().needs_guardian);
    let alone = world.engine.agree(&link, agreement(), None).await;
    assert_eq!(alone, Err(EngineError::GuardianNeeded));
    let guarded = Agreement { guardian: true, ..agreement() };
    assert!(world.engine.agree(&link, guarded, None).await.is_ok());
}

#[tokio::test]
async fn another_way_than_the_face_is_offered_where_it_is_contracted() {
    let world = TestEngine::in_memory();
    let (id, link) = link_of(&world, BizCode::Face, orders::CERT_NO).await;
    assert!(world.engine.view(&link, None).await.unwrap().offers_document);
    let document = Agreement { way: Way::Document, ..agreement() };
    let session = world.engine.agree(&link, document.clone(), None).await.unwrap();
    let person = Person { world, id, link, session };
    assert_eq!(person.place().await, Place::Step(Step::CertFront));
    assert_eq!(
        person.world.engine.challenge(&person.link, &person.session).await,
        Err(EngineError::NotThisStep)
    );
    person.show_card().await;
    person.submit().await.unwrap();
    assert_eq!(person.view().await.status.state, "passed");

    let world = TestEngine::in_memory();
    let acting = world.acting(FACE_ONLY);
    let id = world.engine.initialize(acting, orders::order("face1")).await.unwrap();
    let link = world.engine.certify(&world.acting(FACE_ONLY), id, None).await.unwrap();
    assert!(!world.engine.view(&link, None).await.unwrap().offers_document);
    assert_eq!(world.engine.agree(&link, document, None).await, Err(EngineError::NotThisStep));
}

#[tokio::test]
async fn another_browser_sees_nothing_and_changes_nothing() {
    let person = Person::at(BizCode::CertPhoto).await;
    for stranger in [None, Some("guess"), Some("")] {
        let view = person.world.engine.view(&person.link, stranger).await.unwrap();
        assert_eq!(view.place, Place::Elsewhere);
        let stranger = stranger.unwrap_or_default();
        let engine = &person.world.engine;
        let taken = Taken {
            part: Part::CertFront,
            source: Source::Camera,
            bytes: pictures::jpeg(320, 240),
        };
        let elsewhere = Err(EngineError::Elsewhere);
        assert_eq!(engine.photo(&person.link, stranger, taken).await, elsewhere);
        assert_eq!(engine.submit(&person.link, stranger).await, elsewhere);
        assert!(engine.challenge(&person.link, stranger).await.is_err());
        assert!(engine.offer_handover(&person.link, stranger).await.is_err());
    }
    assert_eq!(person.place().await, Place::Step(Step::CertFront));
    person.show_card().await;
    person.submit().await.unwrap();
    let view = person.world.engine.view(&person.link, Some("guess")).await.unwrap();
    assert_eq!(view.place, Place::Used);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_browsers_one_begins_and_of_two_submissions_one_counts() {
    let world = TestEngine::in_folder();
    let (id, link) = link_of(&world, BizCode::Face, orders::CERT_NO).await;
    let racing = (0..8).map(|_| {
        let (engine, link) = (world.engine.clone(), link.clone());
        tokio::spawn(async move { engine.agree(&link, agreement(), None).await })
    });
    let mut sessions = Vec::new();
    for race in racing.collect::<Vec<_>>() {
        match race.await.unwrap() {
            Ok(session) => sessions.push(session),
            Err(error) => assert_eq!(error, EngineError::Elsewhere),
        }
    }
    assert_eq!(sessions.len(), 1);
    let session = sessions.remove(0);
    let person = Person { world, id, link, session };
    person.show_face().await;
    let racing = (0..8).map(|_| {
        let engine = person.world.engine.clone();
        let (link, session) = (person.link.clone(), person.session.clone());
        tokio::spawn(async move { engine.submit(&link, &session).await })
    });
    let mut counted = 0;
    for race in racing.collect::<Vec<_>>() {
        counted += usize::from(race.await.unwrap().is_ok());
    }
    assert_eq!(counted, 1);
    let submitted = person.kinds().await.iter().filter(|kind| *kind == "submitted").count();
    assert_eq!(submitted, 1);
    assert_eq!(person.view().await.status.state, "passed");
}

#[tokio::test]
async fn frames_come_in_order_for_the_open_challenge_in_time() {
    let person = Person::at(BizCode::Face).await;
    assert_eq!(person.frame("none", 0).await, Err(EngineError::ChallengeOver));
    let first = person.challenge().await;
    assert_eq!(first.challenge.actions().len(), 3);
    assert_eq!(person.frame(&first.id, 1).await, Err(EngineError::NotThisStep));
    person.frame(&first.id, 0).await.unwrap();
    // The answer to a frame was lost: it comes again.
    person.frame(&first.id, 0).await.unwrap();
    person.frame(&first.id, 1).await.unwrap();
    assert_eq!(person.frame(&first.id, 0).await, Err(EngineError::NotThisStep));
    assert_eq!(person.frame(&first.id, 9).await, Err(EngineError::NotThisStep));
    let second = person.challenge().await;
    assert_eq!(person.frame(&first.id, 2).await, Err(EngineError::ChallengeOver));
    // The new challenge begins from the start.
    assert_eq!(person.frame(&second.id, 2).await, Err(EngineError::NotThisStep));
    person.frame(&second.id, 0).await.unwrap();
    person.world.clock.advance(Challenge::LIFETIME - SignedDuration::from_millis(1));
    person.frame(&second.id, 1).await.unwrap();
    person.world.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(person.frame(&second.id, 2).await, Err(EngineError::ChallengeOver));
    assert_eq!(person.submit().await, Err(EngineError::NotThisStep));
}

#[tokio::test]
async fn challenges_differ_and_are_bounded() {
    let person = Person::at(BizCode::Face).await;
    let mut orders = std::collections::BTreeSet::new();
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..Challenge::MOST {
        let challenged = person.challenge().await;
        orders.insert(challenged.challenge.text());
        ids.insert(challenged.id);
    }
    assert_eq!(i64::try_from(ids.len()).unwrap(), Challenge::MOST);
    assert!(orders.len() > 2, "{orders:?}");
    let refused = person.world.engine.challenge(&person.link, &person.session).await;
    assert_eq!(refused, Err(EngineError::TooManyTries));
}

#[tokio::test]
async fn what_is_no_usable_picture_is_refused_and_nothing_is_kept() {
    let person = Person::at(BizCode::CertPhoto).await;
    let bomb = bomb();
    let deep = header(8000, 16, 6);
    for (bytes, refusal) in [
        (Vec::new(), PictureError::Empty),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), PictureError::Kind),
        (b"GIF89a".to_vec(), PictureError::Kind),
        (vec![0xff; engine::MAX_PICTURE + 1], PictureError::TooLarge),
        (pictures::png(640, 239), PictureError::TooFewPixels(239)),
        (pictures::png(8200, 1), PictureError::TooManyPixels),
        (bomb, PictureError::TooManyPixels),
        (deep, PictureError::TooManyPixels),
        (b"\x89PNG\r\n\x1a\nrubbish".to_vec(), PictureError::Damaged),
    ] {
        let refused = person.photo(Part::CertFront, bytes).await;
        assert_eq!(refused, Err(EngineError::Picture(refusal)));
    }
    for part in [Part::Selfie, Part::Frame(0), Part::Reference] {
        let refused = person.photo(part, pictures::jpeg(320, 240)).await;
        assert_eq!(refused, Err(EngineError::NotThisStep));
    }
    assert_eq!(person.view().await.parts, []);
}

/// A header that announces 65,000 by 65,000 pixels.
fn bomb() -> Vec<u8> {
    header(65_000, 8, 2)
}

/// A small file that announces so many pixels along each edge, of so many bits.
fn header(edge: u32, bits: u8, colours: u8) -> Vec<u8> {
    let mut png = pictures::png(320, 240);
    png[16..20].copy_from_slice(&edge.to_be_bytes());
    png[20..24].copy_from_slice(&edge.to_be_bytes());
    png[24..26].copy_from_slice(&[bits, colours]);
    // The checksum over the header no longer fits, unless it is made to.
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[tokio::test]
async fn pictures_are_kept_upright_bare_small_and_sealed() {
    let blueprint = Blueprint::default().verifier(Review);
    let person = Person::agreed(&blueprint, BizCode::CertPhoto, orders::CERT_NO).await;
    let lying = pictures::jpeg_lying_down(1800, 900);
    assert!(lying.windows(7).any(|window| window == b"31.2304"));
    person.photo(Part::CertFront, lying).await.unwrap();
    let engine = &person.world.engine;
    let kept = engine.review_picture(person.id, Part::CertFront, "li").await.unwrap();
    assert!(!kept.windows(7).any(|window| window == b"31.2304"));
    let shown = engine.docket(person.id, "li").await.unwrap().pictures;
    assert_eq!((shown[0].width, shown[0].height), (800, 1600));
    assert_eq!(image::load_from_memory(&kept).unwrap().width(), 800);
}

#[tokio::test]
async fn an_operator_approves_and_the_result_says_what_it_leaves_open() {
    let blueprint = Blueprint::default().verifier(Review);
    let person = Person::agreed(&blueprint, BizCode::CertPhotoFace, orders::CERT_NO).await;
    person.show_card().await;
    person.show_face().await;
    let engine = &person.world.engine;
    assert_eq!(engine.reviews().await.unwrap(), []);
    person.submit().await.unwrap();
    assert_eq!(person.place().await, Place::Waiting);
    assert_eq!(person.submit().await, Err(EngineError::NotThisStep));
    let waiting = engine.reviews().await.unwrap();
    assert_eq!(waiting[0].certify_id, person.id.to_string());
    let docket = engine.docket(person.id, "li").await.unwrap();
    assert_eq!((docket.cert_no.as_str(), docket.pictures.len()), (orders::CERT_NO, 11));
    assert_eq!(docket.cannot_be_approved, None);
    assert!(docket.challenge.is_some());
    let status = engine.decide_review(person.id, Ruling::Approve, "li", None).await.unwrap();
    assert_eq!((status.state, status.assurance), ("passed", Some("reviewed")));
    assert_eq!(status.not_checked, ["liveness", "authority"]);
    assert_eq!(
        engine.decide_review(person.id, Ruling::Approve, "li", None).await,
        Err(EngineError::NotThisStep)
    );
    assert_eq!(engine.reviews().await.unwrap(), []);
    assert_eq!(person.place().await, Place::Finished);
    // Pictures are not kept after the end, by default; that somebody looked is.
    assert_eq!(engine.docket(person.id, "li").await.unwrap().pictures, []);
    let kinds = person.kinds().await;
    for kind in ["consented", "challenged", "submitted", "shown", "passed"] {
        assert!(kinds.iter().any(|found| found == kind), "{kind} in {kinds:?}");
    }
}

#[tokio::test]
async fn a_face_without_a_reference_is_never_approved() {
    let blueprint = Blueprint::default().verifier(Review);
    let person = Person::agreed(&blueprint, BizCode::Face, orders::CERT_NO).await;
    person.show_face().await;
    person.submit().await.unwrap();
    let engine = &person.world.engine;
    let docket = engine.docket(person.id, "li").await.unwrap();
    assert!(docket.cannot_be_approved.is_some());
    let refused = engine.decide_review(person.id, Ruling::Approve, "li", None).await;
    assert_eq!(refused, Err(EngineError::Undecidable(domain::Undecidable::NoReference)));
    let reason = domain::FailReason::parse("NO_REFERENCE_PICTURE").unwrap();
    let status = engine.decide_review(person.id, Ruling::Reject(reason), "li", None).await.unwrap();
    assert_eq!(status.reason.as_deref(), Some("NO_REFERENCE_PICTURE"));
}

#[tokio::test]
async fn the_merchants_picture_reaches_the_verifier() {
    use base64::Engine as _;
    let world = TestEngine::made_of(&Blueprint::default().verifier(Review));
    let mut order = orders::order("reference1");
    let encoded = base64::engine::general_purpose::STANDARD.encode(pictures::jpeg(480, 640));
    order.face_contrast_picture = Some(encoded);
    let id = world.open(order).await;
    let link = world.engine.certify(&world.acting(COMPATIBLE), id, None).await.unwrap();
    let session = world.engine.agree(&link, agreement(), None).await.unwrap();
    let person = Person { world, id, link, session };
    person.show_face().await;
    person.submit().await.unwrap();
    let engine = &person.world.engine;
    let reference = engine.review_picture(person.id, Part::Reference, "li").await.unwrap();
    assert_eq!(image::load_from_memory(&reference).unwrap().height(), 640);
    let status = engine.decide_review(person.id, Ruling::Approve, "li", None).await.unwrap();
    assert_eq!(status.state, "passed");
}

#[tokio::test]
async fn an_operator_asks_again_and_the_person_tries_again() {
    let blueprint = Blueprint::default().verifier(Review);
    let person = Person::agreed(&blueprint, BizCode::CertPhoto, orders::CERT_NO).await;
    let engine = &person.world.engine;
    for attempt in 1..=5 {
        person.show_card().await;
        person.submit().await.unwrap();
        let ruling = Ruling::AskAgain("照片反光".into());
        let asked = engine.decide_review(person.id, ruling, "li", None).await;
        if attempt < 5 {
            asked.unwrap();
            let view = person.view().await;
            assert_eq!(view.place, Place::Step(Step::CertFront));
            assert_eq!(view.asked.as_deref(), Some("照片反光"));
        } else {
            assert_eq!(asked, Err(EngineError::TooManyTries));
        }
    }
    let status = engine.decide_review(person.id, Ruling::Approve, "li", None).await.unwrap();
    assert_eq!(status.state, "passed");
}

#[tokio::test]
async fn what_expires_in_the_queue_is_not_decided_any_more() {
    let blueprint = Blueprint::default().verifier(Review);
    let person = Person::agreed(&blueprint, BizCode::CertPhoto, orders::CERT_NO).await;
    person.show_card().await;
    person.submit().await.unwrap();
    person.world.clock.advance(SignedDuration::from_hours(23));
    let engine = &person.world.engine;
    assert_eq!(engine.reviews().await.unwrap(), []);
    for ruling in [Ruling::Approve, Ruling::AskAgain("again".into())] {
        let late = engine.decide_review(person.id, ruling, "li", None).await;
        assert_eq!(late, Err(EngineError::Expired));
    }
    // Once that is written down, nothing of it waits any more.
    engine.sweep().await.unwrap();
    let late = engine.decide_review(person.id, Ruling::Approve, "li", None).await;
    assert_eq!(late, Err(EngineError::NotThisStep));
}

#[tokio::test]
async fn an_attempt_that_nobody_looked_at_is_not_decided() {
    let blueprint = Blueprint::default().verifier(Review);
    let person = Person::agreed(&blueprint, BizCode::CertPhoto, orders::CERT_NO).await;
    let engine = &person.world.engine;
    person.show_card().await;
    person.submit().await.unwrap();
    let again = Ruling::AskAgain("again".into());
    engine.decide_review(person.id, again, "wang", Some(1)).await.unwrap();
    person.show_card().await;
    person.submit().await.unwrap();
    let stale = engine.decide_review(person.id, Ruling::Approve, "li", Some(1)).await;
    assert_eq!(stale, Err(EngineError::NotThisStep));
    let status = engine.decide_review(person.id, Ruling::Approve, "li", Some(2)).await.unwrap();
    assert_eq!(status.state, "passed");
}

/// The challenge shown to an operator is the one that was answered, whatever came between.
#[tokio::test]
async fn leaving_again_and_again_hides_nothing() {
    let blueprint = Blueprint::default().verifier(Review);
    let person = Person::agreed(&blueprint, BizCode::Face, orders::CERT_NO).await;
    person.challenge().await;
    let engine = &person.world.engine;
    for _ in 0..20 {
        engine.leave(&person.link, Some(&person.session)).await.unwrap();
    }
    let answered = person.challenge().await;
    for index in 0..9 {
        person.frame(&answered.id, index).await.unwrap();
    }
    let docket = engine.docket(person.id, "li").await.unwrap();
    assert_eq!(docket.challenge, Some(answered.challenge.text()));
    assert_eq!(docket.events.iter().filter(|event| event.kind == "left").count(), 1);
}

#[tokio::test]
async fn another_device_takes_over_once_and_the_first_looks_on() {
    let person = Person::at(BizCode::CertPhoto).await;
    let engine = &person.world.engine;
    let token = engine.offer_handover(&person.link, &person.session).await.unwrap();
    let wrong = engine.take_over(&person.link, "wrong").await;
    assert_eq!(wrong, Err(EngineError::Elsewhere));
    let phone = engine.take_over(&person.link, &token).await.unwrap();
    assert_eq!(engine.take_over(&person.link, &token).await, Err(EngineError::Elsewhere));
    assert_eq!(person.place().await, Place::Watching(Watched::At(Step::CertFront)));
    let desktop = person;
    let phone = Person { session: phone, link: desktop.link.clone(), ..desktop };
    phone.show_card().await;
    phone.submit().await.unwrap();
    assert_eq!(phone.view().await.status.state, "passed");
}

#[tokio::test]
async fn an_offer_to_another_device_ends() {
    let person = Person::at(BizCode::CertPhoto).await;
    let engine = &person.world.engine;
    let token = engine.offer_handover(&person.link, &person.session).await.unwrap();
    person.world.clock.advance(SignedDuration::from_mins(10));
    assert_eq!(engine.take_over(&person.link, &token).await, Err(EngineError::Elsewhere));
    assert_eq!(person.place().await, Place::Step(Step::CertFront));
}

#[tokio::test]
async fn smart_face_passes_a_known_device_and_nobody_else() {
    let person = Person::at(BizCode::SmartFace).await;
    person.show_face().await;
    person.submit().await.unwrap();
    let world = &person.world;
    world.clock.advance(SignedDuration::from_hours(24 * 29));
    let again = |number: &'static str, device: &'static str| async move {
        let (_, link) = link_of(world, BizCode::SmartFace, number).await;
        world.clock.advance(SignedDuration::from_secs(1));
        let session = world.engine.agree(&link, agreement(), Some(device)).await.unwrap();
        world.engine.view(&link, Some(&session)).await.unwrap()
    };
    let known = again(orders::CERT_NO, "device").await;
    assert_eq!((known.place, known.status.assurance), (Place::Finished, Some("known_device")));
    let unknown = Place::Step(Step::Face);
    assert_eq!(again(orders::CERT_NO, "other device").await.place, unknown);
    assert_eq!(again(PLAIN, "device").await.place, unknown);
    // A pass by device does not make the next one possible.
    world.clock.advance(SignedDuration::from_hours(48));
    assert_eq!(again(orders::CERT_NO, "device").await.place, unknown);
}

#[tokio::test]
async fn leaving_and_coming_back_goes_on_where_it_was() {
    let person = Person::at(BizCode::CertPhotoFace).await;
    person.photo(Part::CertFront, pictures::jpeg(320, 240)).await.unwrap();
    let session = Some(person.session.as_str());
    person.world.engine.leave(&person.link, session).await.unwrap();
    person.world.clock.advance(SignedDuration::from_hours(22));
    assert_eq!(person.place().await, Place::Step(Step::CertBack));
    assert!(person.kinds().await.contains(&"left".to_owned()));
}

#[tokio::test]
async fn nobody_can_begin_without_a_verifier() {
    let world = TestEngine::made_of(&Blueprint::default().mode(engine::Mode::Live));
    let (_, link) = link_of(&world, BizCode::Face, orders::CERT_NO).await;
    assert_eq!(world.engine.view(&link, None).await.unwrap().place, Place::NoVerifier);
    assert_eq!(world.engine.agree(&link, agreement(), None).await, Err(EngineError::NotThisStep));
}

/// Promise 7: whatever a browser sends in whatever order, only the verifier makes a pass.
#[tokio::test]
async fn no_order_of_calls_passes_without_the_verifier() {
    for seed in 0..3 {
        let blueprint = Blueprint::default().verifier(Review).seed(seed);
        let person = Person::agreed(&blueprint, BizCode::CertPhotoFace, orders::CERT_NO).await;
        let engine = &person.world.engine;
        let chance = SeededChance::new(seed);
        let (mut challenge, mut frame) = ("none".to_owned(), 0);
        for _ in 0..40 {
            match chance.below(7) {
                0 => drop(person.photo(Part::CertFront, pictures::jpeg(320, 240)).await),
                1 => drop(person.photo(Part::CertBack, pictures::jpeg(320, 240)).await),
                2 => {
                    if let Ok(drawn) = engine.challenge(&person.link, &person.session).await {
                        (challenge, frame) = (drawn.id, 0);
                    }
                }
                3..5 => {
                    if person.frame(&challenge, frame).await.is_ok() {
                        frame += 1;
                    }
                }
                5 => drop(person.submit().await),
                _ => drop(engine.leave(&person.link, Some(&person.session)).await),
            }
            assert_ne!(person.view().await.status.state, "passed", "seed {seed}");
        }
    }
}

/// Promise 17: pictures are off by default, and gone when their time is up.
#[tokio::test]
async fn pictures_are_kept_only_if_operator_and_merchant_both_want_it() {
    for (strategy, kept) in [("reserve", true), ("never", false)] {
        let policy = engine::Policy { evidence_days: 2, ..engine::Policy::default() };
        let world = TestEngine::made_of(&Blueprint::default().policy(policy));
        let mut order = orders::order("kept1");
        order.biz_code = BizCode::CertPhoto;
        order.merchant.text = serde_json::json!({ "face_reserve_strategy": strategy }).to_string();
        let id = world.open(order).await;
        let link = world.engine.certify(&world.acting(COMPATIBLE), id, None).await.unwrap();
        let session = world.engine.agree(&link, agreement(), None).await.unwrap();
        let person = Person { world, id, link, session };
        person.show_card().await;
        person.submit().await.unwrap();
        assert_eq!(person.view().await.status.state, "passed");
        let engine = &person.world.engine;
        let there = || async { engine.docket(id, "li").await.unwrap().pictures.len() };
        assert_eq!(there().await, if kept { 2 } else { 0 }, "{strategy}");
        person.world.clock.advance(SignedDuration::from_hours(48) - SignedDuration::from_millis(1));
        engine.sweep().await.unwrap();
        assert_eq!(there().await, if kept { 2 } else { 0 }, "{strategy}");
        person.world.clock.advance(SignedDuration::from_millis(1));
        engine.sweep().await.unwrap();
        assert_eq!(there().await, 0, "{strategy}");
    }
}

/// What nobody finished is gone with its time, pictures included.
#[tokio::test]
async fn the_pictures_of_what_expires_go_with_it() {
    let person = Person::at(BizCode::CertPhoto).await;
    person.show_card().await;
    person.world.clock.advance(SignedDuration::from_hours(23));
    person.world.engine.sweep().await.unwrap();
    assert_eq!(person.world.engine.docket(person.id, "li").await.unwrap().pictures, []);
}
