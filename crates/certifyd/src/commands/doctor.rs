//! `certifyd doctor`: is a client's configuration one that the gateway will accept?
//!
//! Files are checked against each other first; with `--gateway`, a signed query is sent that
//! changes nothing. One line per finding. Keys, tokens and texts of the gateway that could hold
//! either are never printed.

mod exchange;
mod finding;
mod material;
mod offline;
mod online;
mod refused;
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
    match &args.gateway {
        Some(gateway) => {
            super::runtime()?.block_on(online::check(args, gateway, &material, &mut findings));
        }
        None => findings.warning(
            "gateway",
            "not asked",
            "give --gateway URL to have a signed call checked too",
        ),
    }
    print(&findings.to_string())?;
    let (problems, warnings) = (findings.count(Level::Problem), findings.count(Level::Warning));
    if problems > 0 {
        return Err(anyhow::anyhow!("{problems} problem(s), {warnings} warning(s)").into());
    }
    Ok(print(&format!("No problem found, {warnings} warning(s)."))?)
}
