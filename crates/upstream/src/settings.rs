//! What one application's way to one gateway is made of.

use std::fmt;
use std::time::Duration;

use engine::OutboundError;
use url::Url;
use wire::certificate::{Certificate, CertificateError, root_sn};
use wire::cipher::ContentKey;
use wire::{KeyError, PrivateKey, PublicKey};

/// How long one try may take. The hosted gateway answers within a second; a person waits for most of
/// these calls, and two tries must fit into what a person waits.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);
/// How long a connection may take to be made, TLS included: a lost packet is sent again after one
/// second, so this forgives one, and still tells "nothing was sent" early enough to try again.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How many calls may be under way at once: at a tenth of a second each these are 640 a second, more
/// than one application is allowed; when the gateway hangs, so few are all that hang with it.
pub const MOST_IN_FLIGHT: usize = 64;

/// One application at one gateway.
pub struct Settings {
    /// Its address: `https://openapi.alipay.com/gateway.do`.
    pub gateway_url: String,
    /// The application's id there.
    pub app_id: String,
    /// Signs calls.
    pub private_key: PrivateKey,
    /// What answers are believed by.
    pub trust: Trust,
    /// Encrypts contents, if the application has set that up.
    pub encrypt_key: Option<ContentKey>,
    /// Longest time of one try; [`ATTEMPT_TIMEOUT`].
    pub attempt_timeout: Duration,
    /// Longest time until there is a connection; [`CONNECT_TIMEOUT`].
    pub connect_timeout: Duration,
    /// Most calls under way; [`MOST_IN_FLIGHT`].
    pub most_in_flight: usize,
}

/// What answers are believed by.
pub enum Trust {
    /// Key mode: the gateway's public key.
    Key(PublicKey),
    /// Certificate mode. Boxed, for it is much larger than a key.
    Certificates(Box<Certificates>),
}

/// The files of certificate mode.
pub struct Certificates {
    /// The application's certificate.
    pub app_cert: Certificate,
    /// The gateway's certificate.
    pub alipay_cert: Certificate,
    /// The roots: PEM, in the order they were given out in.
    pub roots: String,
}

impl Trust {
    /// Certificate mode.
    pub fn certificates(app_cert: Certificate, alipay_cert: Certificate, roots: String) -> Self {
        Self::Certificates(Box::new(Certificates { app_cert, alipay_cert, roots }))
    }
}

/// Why there can be no such gateway. Says what to change, and nothing of keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The address cannot be the one of a gateway.
    #[error(
        "gateway_url must be http or https, without user, query and fragment; \
         Alipay's is https://openapi.alipay.com/gateway.do"
    )]
    Address,
    /// The application's id is missing.
    #[error("app_id must not be empty; copy it from the console of the gateway")]
    AppId,
    /// The most frequent mistake: the key pair's own public half.
    #[error(
        "the gateway's public key is the application's own; configure the gateway's, which its \
         console shows once the application's is uploaded"
    )]
    OwnKey,
    /// The certificate is for another key.
    #[error(
        "the application's certificate is not for its private key; \
         take the two that were made together"
    )]
    Pair,
    /// The private key cannot be used.
    #[error("the application's private key: {0}")]
    Key(#[from] KeyError),
    /// The bundle of roots cannot be used.
    #[error("the root certificates: {0}")]
    Roots(#[from] CertificateError),
    /// No client for it could be made.
    #[error("no HTTPS client could be set up: {0}")]
    Client(#[from] OutboundError),
}

impl Settings {
    /// Settings with every limit at its default.
    pub fn new(gateway_url: String, app_id: String, private_key: PrivateKey, trust: Trust) -> Self {
        Self {
            gateway_url,
            app_id,
            private_key,
            trust,
            encrypt_key: None,
            attempt_timeout: ATTEMPT_TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            most_in_flight: MOST_IN_FLIGHT,
        }
    }

    /// Whether the parts fit each other: for telling of a misfit before anything is made of them.
    ///
    /// # Errors
    /// What does not fit.
    pub fn judge(&self) -> Result<(), SetupError> {
        self.check().map(drop)
    }

    /// Whether the parts fit each other; gives the numbers that calls in certificate mode bear.
    pub(crate) fn check(&self) -> Result<Option<Numbers>, SetupError> {
        let url = Url::parse(&self.gateway_url).map_err(|_| SetupError::Address)?;
        let bare = url.query().is_none() && url.fragment().is_none() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !bare || !url.username().is_empty() {
            return Err(SetupError::Address);
        }
        if self.app_id.trim().is_empty() {
            return Err(SetupError::AppId);
        }
        let own = self.private_key.public_key()?;
        match &self.trust {
            Trust::Key(key) if *key == own => Err(SetupError::OwnKey),
            Trust::Key(_) => Ok(None),
            Trust::Certificates(files) if *files.app_cert.key() != own => Err(SetupError::Pair),
            Trust::Certificates(files) if *files.alipay_cert.key() == own => {
                Err(SetupError::OwnKey)
            }
            Trust::Certificates(files) => {
                let app_cert = files.app_cert.sn().to_owned();
                Ok(Some(Numbers { app_cert, roots: root_sn(&files.roots)? }))
            }
        }
    }
}

/// What names certificates in a call.
pub(crate) struct Numbers {
    /// `app_cert_sn`.
    pub(crate) app_cert: String,
    /// `alipay_root_cert_sn`.
    pub(crate) roots: String,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({} at {})", self.app_id, self.gateway_url)
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(_) => "Key(…)",
            Self::Certificates(_) => "Certificates(…)",
        })
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificates({}, {})", self.app_cert.sn(), self.alipay_cert.sn())
    }
}
