//! How many certifications a second a database takes, each with its key and its row of the audit,
//! answered after the commit.
//!
//! Run: `cargo bench -p store --bench inserts` for SQLite, with `-- postgres://…` for a PostgreSQL
//! that may be written to (`scripts/with-postgres` starts one), and a number behind it for so many
//! nodes on it at once. The rows are as large as the program's; nothing is sealed or signed here.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a benchmark reports to a person and stops at the first surprise"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::{AppId, BizCode, Certification, CertifyId, OrderNo, Sealed, State};
use store::{
    AuditLink, AuditRecord, AuditSeal, CertificationRecord, Inserted, NewAuditEntry, Store,
};

const LASTS: Duration = Duration::from_secs(3);
const CALLERS: [usize; 4] = [1, 16, 64, 256];

/// Cheap: what a hash costs is not the question.
#[derive(Debug)]
struct Plain;

impl AuditSeal for Plain {
    fn hash(&self, link: &AuditLink<'_>) -> [u8; 32] {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&link.seq.to_be_bytes());
        hash
    }
}

fn record(now: jiff::Timestamp, run: i64, number: u64) -> CertificationRecord {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    CertificationRecord {
        certification: Certification {
            id: CertifyId::new(u64::try_from(now.as_millisecond()).unwrap(), random),
            owner: AppId::parse("2021000000000001").unwrap(),
            isv: None,
            order_no: OrderNo::restore(format!("{run:x}{number:016}")),
            biz_code: BizCode::Face,
            state: State::Created,
            created_at: now,
            version: 1,
        },
        content_digest: [7; 32],
        subject: Sealed::new(vec![9; 260]),
        data_key: Some(Sealed::new(vec![4; 61])),
        warnings: "[]".to_owned(),
    }
}

async fn insert(store: &Store, seal: &Arc<dyn AuditSeal>, run: i64, number: u64) {
    let now = jiff::Timestamp::from_millisecond(run).unwrap();
    let record = record(now, run, number);
    let entry = NewAuditEntry {
        at: now,
        who: "app:2021000000000001".into(),
        action: "opened",
        object: record.certification.id.to_string(),
        detail: Some("FACE".into()),
    };
    let seal = Arc::clone(seal);
    let record_of_it = AuditRecord { chain: "main".into(), seal, entries: vec![entry] };
    let stored = store.recording(record_of_it).insert_certification(record).await.unwrap();
    assert_eq!(stored, Inserted::New);
}

/// Latencies, sorted, of what `callers` have inserted.
async fn drive(stores: &[Store], callers: usize, run: i64, next: &Arc<AtomicU64>) -> Vec<Duration> {
    let seal: Arc<dyn AuditSeal> = Arc::new(Plain);
    let until = Instant::now() + LASTS;
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let (store, next) = (stores[caller % stores.len()].clone(), Arc::clone(next));
            let seal = Arc::clone(&seal);
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while Instant::now() < until {
                    let begun = Instant::now();
                    insert(&store, &seal, run, next.fetch_add(1, Ordering::Relaxed)).await;
                    latencies.push(begun.elapsed());
                }
                latencies
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    all.sort();
    all
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite://{}/certifyd.db", folder.path().display());
    let url = args.next().unwrap_or(file);
    let nodes = args.next().map_or(1, |text| text.parse().unwrap());
    let stores: Vec<Store> = (0..nodes).map(|_| Store::open(&url).unwrap()).collect();
    #[expect(clippy::disallowed_methods, reason = "names of this run that no earlier one has used")]
    let run = jiff::Timestamp::now().as_millisecond();
    let next = Arc::new(AtomicU64::new(0));
    println!("callers  certifications/s     p50       p99   ({nodes} node(s))");
    for callers in CALLERS {
        let latencies = drive(&stores, callers, run, &next).await;
        let rate = latencies.len() as f64 / LASTS.as_secs_f64();
        let (middle, late) =
            (latencies[latencies.len() / 2], latencies[latencies.len() * 99 / 100]);
        println!("{callers:>7}  {rate:>16.0}  {middle:>8.1?}  {late:>8.1?}");
    }
}
