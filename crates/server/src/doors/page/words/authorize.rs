//! The words of the page where merchants authorise. `{app}` is the application that will act.

use crate::doors::page::language::Language;

/// The words of one language.
#[derive(Debug)]
pub(crate) struct AuthorizeWords {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) may_title: &'static str,
    pub(crate) may: &'static str,
    pub(crate) until_title: &'static str,
    pub(crate) until_withdrawn: &'static str,
    pub(crate) until_days: &'static str,
    pub(crate) target_title: &'static str,
    pub(crate) choose: &'static str,
    pub(crate) merchant: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) secret_note: &'static str,
    pub(crate) agree: &'static str,
    pub(crate) refuse: &'static str,
    pub(crate) look: &'static str,
    pub(crate) existing_title: &'static str,
    pub(crate) since: &'static str,
    pub(crate) withdraw: &'static str,
    pub(crate) withdraw_note: &'static str,
    pub(crate) withdrawn: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) wrong: &'static str,
    pub(crate) unclear: &'static str,
    pub(crate) wrong_title: &'static str,
    pub(crate) wrong_app: &'static str,
    pub(crate) wrong_redirect: &'static str,
    pub(crate) wrong_state: &'static str,
}

impl AuthorizeWords {
    /// The words of `language`.
    pub(crate) fn of(language: Language) -> &'static AuthorizeWords {
        match language {
            Language::Zh => &ZH,
            Language::En => &EN,
        }
    }
}

static ZH: AuthorizeWords = AuthorizeWords {
    title: "授权应用代您调用",
    lead: "{app} 请求代您的商户应用办理身份验证。",
    may_title: "授权后可以做什么",
    may: "以您的应用名义发起身份验证，并查询其结果。",
    until_title: "有效期",
    until_withdrawn: "直到您撤销或重新授权。",
    until_days: "{days} 天；应用可自行续期，直到您撤销或重新授权。",
    target_title: "之后返回",
    choose: "商户应用",
    merchant: "您的应用 ID（app_id）",
    secret: "授权密钥（authorize_secret）",
    secret_note: "密钥由本服务的运营者在配置中为您的应用设定，只用于证明是您本人授权。",
    agree: "同意授权",
    refuse: "不同意",
    look: "查看已有授权",
    existing_title: "已有授权",
    since: "授权时间：",
    withdraw: "撤销授权",
    withdraw_note: "要撤销，请在上面再次输入授权密钥，然后选择“撤销授权”。",
    withdrawn: "授权已撤销，立即生效。",
    nothing: "目前没有授权。",
    wrong: "应用 ID 或授权密钥不正确，请核对后重试。",
    unclear: "没有收到您的选择，请重新选择。",
    wrong_title: "无法授权",
    wrong_app: "链接中的 app_id 不是可以代商户调用的应用。请联系给您此链接的服务商。",
    wrong_redirect: "链接中的 redirect_uri 不是该应用登记的地址（authorize_redirects）。请联系给您此链接的服务商。",
    wrong_state: "链接中的 state 过长或含有控制字符。请联系给您此链接的服务商。",
};

static EN: AuthorizeWords = AuthorizeWords {
    title: "Let an application act for you",
    lead: "{app} asks to carry out identity verification for your merchant application.",
    may_title: "What it may then do",
    may: "Begin verifications in your application's name and ask for their results.",
    until_title: "For how long",
    until_withdrawn: "Until you withdraw, or authorise again.",
    until_days: "{days} days; the application can renew it until you withdraw, or authorise again.",
    target_title: "Afterwards you return to",
    choose: "Merchant application",
    merchant: "Your application's id (app_id)",
    secret: "Authorisation secret (authorize_secret)",
    secret_note: "Whoever runs this server has set it for your application. It proves that it is you who authorises.",
    agree: "Authorise",
    refuse: "Do not authorise",
    look: "Show what is authorised",
    existing_title: "Authorised now",
    since: "Since",
    withdraw: "Withdraw",
    withdraw_note: "To withdraw, enter the secret above once more, then choose “Withdraw”.",
    withdrawn: "The authorisation is withdrawn, with effect at once.",
    nothing: "Nothing is authorised now.",
    wrong: "The application's id or the secret is wrong. Please check both and try again.",
    unclear: "Your choice did not arrive. Please choose again.",
    wrong_title: "Cannot authorise",
    wrong_app: "The app_id of the link is not an application that acts for merchants. Please ask whoever gave you the link.",
    wrong_redirect: "The redirect_uri of the link is not an address this application has registered (authorize_redirects). Please ask whoever gave you the link.",
    wrong_state: "The state of the link is too long or holds control characters. Please ask whoever gave you the link.",
};
