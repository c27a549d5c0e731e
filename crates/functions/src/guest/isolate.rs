//! One JavaScript world: made once, warm for many calls.

use std::io;
use std::rc::Rc;
use std::time::Instant;

use rquickjs::context::EvalOptions;
use rquickjs::function::IntoArgs;
use rquickjs::{CatchResultExt, Context, Ctx, Function, Object, Persistent, Runtime};

use super::deadline::Deadline;
use super::desk::Desk;
use super::link::Link;
use super::modules::{BOOTSTRAP, Resolver, Tree};
use super::native::{self, Surroundings};
use super::process;
use crate::frames::Setup;

/// Beyond this the engine's stack might outgrow the thread's.
pub(super) const MOST_STACK: usize = 4 * 1024 * 1024;

/// The engine with everything a guest finds in it.
pub(super) struct Isolate {
    runtime: Runtime,
    context: Context,
    entrance: Entrance,
    desk: Rc<Desk>,
    deadline: Deadline,
    memory_bytes: usize,
    /// Memory of the whole process before any guest code ran.
    base_bytes: usize,
}

/// The functions through which the loop enters JavaScript.
struct Entrance {
    start: Persistent<Function<'static>>,
    fire: Persistent<Function<'static>>,
    reply: Persistent<Function<'static>>,
    stuck: Persistent<Function<'static>>,
    end: Persistent<Function<'static>>,
    rejected: Persistent<Function<'static>>,
}

/// One of the ways in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    Start,
    Fire,
    Reply,
    Stuck,
    End,
}

impl Isolate {
    /// Builds the isolate. It lives as long as the process: tearing an engine down that was
    /// stopped half-way is the one thing it does not do reliably.
    pub(super) fn new(link: Link, setup: &Setup) -> io::Result<&'static Self> {
        let tree = Tree::new(&setup.root, &setup.function)?;
        let around = Surroundings {
            desk: Rc::new(Desk::new(link, setup.result_bytes)),
            resolver: Rc::new(Resolver::new(tree)),
            started: Instant::now(),
        };
        let runtime = Runtime::new().map_err(io::Error::other)?;
        runtime.set_max_stack_size(setup.stack_bytes.min(MOST_STACK));
        let context = Context::full(&runtime).map_err(io::Error::other)?;
        let entrance = context
            .with(|ctx| {
                furnish(&ctx, &around, &setup.extension)
                    .catch(&ctx)
                    .map_err(|error| error.to_string())
            })
            .map_err(io::Error::other)?;
        watch_rejections(&runtime, entrance.rejected.clone());
        let deadline = Deadline::new();
        let asked = deadline.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || asked.has_passed())));
        // Not before now: the engine may abort when memory runs out while it sets itself up.
        runtime.set_memory_limit(setup.memory_bytes);
        let Surroundings { desk, .. } = around;
        let memory_bytes = setup.memory_bytes;
        let base_bytes = process::peak_bytes();
        let isolate = Self { runtime, context, entrance, desk, deadline, memory_bytes, base_bytes };
        Ok(Box::leak(Box::new(isolate)))
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    pub(super) fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    /// Enters JavaScript. What it throws there has no reader: the bootstrap reports guests' errors
    /// itself, and the rest shows as a call that does not settle.
    pub(super) fn enter<A>(&self, way: Way, arguments: A)
    where
        A: for<'js> IntoArgs<'js>,
    {
        let function = match way {
            Way::Start => &self.entrance.start,
            Way::Fire => &self.entrance.fire,
            Way::Reply => &self.entrance.reply,
            Way::Stuck => &self.entrance.stuck,
            Way::End => &self.entrance.end,
        };
        self.context.with(|ctx| {
            let called = function.clone().restore(&ctx).and_then(|f| f.call::<_, ()>(arguments));
            if called.is_err() {
                drop(ctx.catch());
            }
        });
    }

    /// Runs one job of the promise queue; false when there is none.
    pub(super) fn run_job(&self) -> bool {
        match self.runtime.execute_pending_job() {
            Ok(ran) => ran,
            Err(failed) => {
                // A promise's reactions report their errors to a promise; only a job that was
                // stopped gets here.
                failed.0.with(|ctx| drop(ctx.catch()));
                true
            }
        }
    }

    pub(super) fn has_jobs(&self) -> bool {
        self.runtime.is_job_pending()
    }

    /// Whether nearly all memory is in use. Walks the heap, so not for every call.
    pub(super) fn is_nearly_full(&self) -> bool {
        let used = usize::try_from(self.runtime.memory_usage().malloc_size).unwrap_or(0);
        used > self.memory_bytes / 10 * 9
    }

    /// Whether most of the memory was in use at some time; by now it may be free again.
    pub(super) fn was_half_full(&self) -> bool {
        process::peak_bytes().saturating_sub(self.base_bytes) > self.memory_bytes / 2
    }
}

/// Tells the bootstrap of promises that are rejected, and of those handled after all.
fn watch_rejections(runtime: &Runtime, rejected: Persistent<Function<'static>>) {
    runtime.set_host_promise_rejection_tracker(Some(Box::new(
        move |ctx: Ctx<'_>, promise, reason, handled| {
            let told = rejected.clone().restore(&ctx);
            if told.and_then(|f| f.call::<_, ()>((promise, reason, handled))).is_err() {
                drop(ctx.catch());
            }
        },
    )));
}

/// Runs the bootstrap and the extension of `ctx`.
fn furnish(ctx: &Ctx<'_>, around: &Surroundings, extension: &str) -> rquickjs::Result<Entrance> {
    let raw = native::object(ctx, around)?;
    let kit = Object::new(ctx.clone())?;
    let mut last = None;
    for (name, source) in BOOTSTRAP {
        let part: Function<'_> = evaluate(ctx, source, &format!("internal:{name}"))?;
        last = part.call::<_, Option<Object<'_>>>((kit.clone(), raw.clone()))?;
    }
    if !extension.trim().is_empty() {
        let extend: Function<'_> = evaluate(ctx, extension, "internal:extension")?;
        kit.set("extension", extend)?;
    }
    let ways = last.ok_or(rquickjs::Error::Unknown)?;
    Ok(Entrance {
        start: ways.get("start")?,
        fire: ways.get("fire")?,
        reply: ways.get("reply")?,
        stuck: ways.get("stuck")?,
        end: ways.get("end")?,
        rejected: ways.get("rejected")?,
    })
}

fn evaluate<'js>(ctx: &Ctx<'js>, source: &str, file: &str) -> rquickjs::Result<Function<'js>> {
    let mut options = EvalOptions::default();
    options.filename = Some(file.to_owned());
    // Ends with the parenthesis on a line of its own, in case the source ends in a comment.
    ctx.eval_with_options(format!("({}\n)", source.trim_end().trim_end_matches(';')), options)
}
