//! `certifyd doctor`: is a client's configuration one that the gateway will accept?
//!
//! Files are checked against each other first; with `--gateway`, signed queries are sent that
//! change nothing; with `--scene`, certifications are opened. One line per finding. Keys, tokens and texts of the gateway that could hold
//! either are never printed.

mod exchange;
mod finding;
mod material;
mod offline;
mod online;
mod refused;
mod rest;
mod scene;
#[cfg(test)]
mod tests;

use engine::{Clock as _, SystemClock};

use super::{CommandError, print};
use crate::cli::Doctor;
use finding::{Findings, Level};
use material::Material;

pub(crate) fn run(args: &Doctor) -> Result<(), CommandError> {
    let mut findings = Findings::default();
    let material = Material::read(args, &mut findings);
    offline::check(args, &material, SystemClock.now(), &mut findings);
    let scenes = scene::named(args, &mut findings);
    match &args.gateway {
        Some(gateway) => super::runtime()?.block_on(online::check(
            args,
            gateway,
            &material,
            &scenes,
            &mut findings,
        )),
        None => not_asked(&scenes, &mut findings),
    }
    print(&findings.to_string())?;
    let (problems, warnings) = (findings.count(Level::Problem), findings.count(Level::Warning));
    if problems > 0 {
        return Err(anyhow::anyhow!("{problems} problem(s), {warnings} warning(s)").into());
    }
    Ok(print(&format!("No problem found, {warnings} warning(s)."))?)
}

fn not_asked(scenes: &[&str], findings: &mut Findings) {
    let remedy = "give --gateway URL to have a signed call checked too";
    findings.warning("gateway", "not asked", remedy);
    if !scenes.is_empty() {
        let remedy = "only a gateway knows the contract: give --gateway URL";
        findings.warning("scene", "not asked, nothing was opened", remedy);
    }
}
