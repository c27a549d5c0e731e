//! Who may call, for whom, and how notices leave: what a reload exchanges as one.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::AppId;

use crate::{App, Certifier, Engine, Grant, NoticeDesk, UpstreamUsage};

/// The part of an engine that may change while it runs.
#[derive(Debug)]
pub struct Directory {
    pub(crate) apps: BTreeMap<AppId, Arc<App>>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) notices: Option<NoticeDesk>,
}

impl Directory {
    /// From the applications that may call, which of them act for which others, and how notices
    /// are written and sent; without that none are made.
    pub fn new(apps: Vec<App>, grants: Vec<Grant>, notices: Option<NoticeDesk>) -> Self {
        let apps = apps.into_iter().map(|app| (app.id.clone(), Arc::new(app))).collect();
        Self { apps, grants, notices }
    }
}

impl Engine {
    /// The application with this id.
    pub fn app(&self, id: &str) -> Option<Arc<App>> {
        let id = AppId::parse(id).ok()?;
        self.directory.get().apps.get(&id).cloned()
    }

    /// The owner of a certification, if it is still configured.
    pub(crate) fn owner(&self, id: &AppId) -> Option<Arc<App>> {
        self.directory.get().apps.get(id).cloned()
    }

    /// Whether certifications of any application are decided here.
    pub fn certifies_itself(&self) -> bool {
        let directory = self.directory.get();
        directory.apps.values().any(|app| !matches!(app.certifier, Certifier::Alipay(_)))
    }

    /// The applications whose gateway elsewhere is left alone now, for it has failed repeatedly.
    pub fn suspended_upstreams(&self) -> Vec<AppId> {
        let directory = self.directory.get();
        let suspended = directory.apps.values().filter(|app| match &app.certifier {
            Certifier::Alipay(upstream) => upstream.gateway.is_suspended(),
            Certifier::Builtin => false,
        });
        suspended.map(|app| app.id.clone()).collect()
    }

    /// Every application with a gateway elsewhere: how that has fared, and whether it is left alone.
    pub fn upstreams(&self) -> Vec<(AppId, UpstreamUsage, bool)> {
        let directory = self.directory.get();
        let fared = directory.apps.values().filter_map(|app| match &app.certifier {
            Certifier::Alipay(upstream) => {
                let gateway = &upstream.gateway;
                Some((app.id.clone(), gateway.usage(), gateway.is_suspended()))
            }
            Certifier::Builtin => None,
        });
        fared.collect()
    }

    /// Calls that begin from now on find `directory`; those in flight keep what they began with.
    pub fn exchange(&self, directory: Directory) {
        self.directory.exchange(directory);
        // Notices may have waited for somebody who signs them.
        self.wake_delivery();
    }
}
