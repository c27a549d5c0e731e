//! The Chinese sentences of a rejection. What is wrong comes first, what to do about it second.

use super::Rule;
use crate::Field;

/// What is wrong.
pub(super) fn fault(rule: Rule) -> String {
    let fixed = match rule {
        Rule::Missing => "缺少该字段",
        Rule::Empty => "内容为空",
        Rule::NotText => "类型不是字符串",
        Rule::OuterSpace => "首尾有空白",
        Rule::CheckDigit => "第18位校验码与前17位不符",
        Rule::NoSuchBirthDate => "其中的出生日期在日历上不存在",
        Rule::BirthDateInFuture => "其中的出生日期晚于今天",
        Rule::UnlikelyRegion => "开头的地区码不常见",
        Rule::NotAnObject => "是 JSON，但不是对象",
        Rule::OverEscaped => "被多次转义，字符串里还是字符串",
        Rule::NotAPicture => "不是可以读取的图片",
        Rule::UnregisteredScheme => "地址指向未登记的应用协议，用户不会被带到那里",
        Rule::Conflict => "两种写法同时出现且内容不一致",
        Rule::ForbiddenScheme => "地址的协议会执行脚本或打开本地内容，不允许使用",
        Rule::Credentials => "地址的主机部分含有“@”，即带有用户名或口令",
        Rule::BadHost => "地址的主机名缺失或格式有误",
        Rule::NotAnAddress => "不是浏览器可以前往的地址",
        Rule::SchemeAssumed => "地址未写协议，已按 https 处理",
        Rule::NotHttp => "地址不是 http 或 https",
        Rule::NotInRange { max } => return format!("不是 0 至 {max} 的整数"),
        Rule::TooLong { length, max } => return format!("长 {length} 个字符，上限为 {max} 个"),
        Rule::WrongLength { length, expected } => {
            let expected: Vec<_> = expected.iter().map(usize::to_string).collect();
            return format!("长 {length} 个字符，应为 {} 个", expected.join(" 或 "));
        }
        Rule::ControlCharacter { position } => return format!("第{position}个字符是控制字符"),
        Rule::NotAllowedCharacter { position } => {
            return format!("第{position}个字符不在允许范围内");
        }
        Rule::FullWidth { position } => return format!("第{position}个字符是全角字符"),
        Rule::NotDigit { position } => return format!("第{position}位不是数字"),
        Rule::UnknownChoice { allowed } => {
            return format!("不在可选值之内，可选值为 {}", allowed.join("、"));
        }
        Rule::BirthDateTooEarly { years } => {
            return format!("其中的出生日期距今超过 {years} 年");
        }
        Rule::NotJson { position } => {
            return format!("不是合法的 JSON，在第{position}个字符处中断");
        }
        Rule::Backslash { position } => return format!("第{position}个字符是反斜杠"),
    };
    fixed.to_owned()
}

/// What to do about it. Rules that say all by themselves point at the field's form.
pub(super) fn remedy(rule: Rule, field: Field) -> String {
    let fixed = match rule {
        Rule::OuterSpace => "请去掉首尾空白",
        Rule::ControlCharacter { .. } => "请去掉换行、制表符等控制字符",
        Rule::FullWidth { .. } => "请改用半角数字和字母",
        Rule::NotDigit { .. } => "居民身份证号码只含数字，仅第18位可为 X，请核对是否填错字段",
        Rule::UnknownChoice { .. } => "请从可选值中选用，注意大小写",
        Rule::CheckDigit => "请核对身份证号码，勿自行补位",
        Rule::NoSuchBirthDate => "请核对号码中表示年月日的八位（旧号码为六位）",
        Rule::BirthDateInFuture | Rule::BirthDateTooEarly { .. } => {
            "请核对号码中表示出生年份的数字"
        }
        Rule::UnlikelyRegion => "请核对号码开头的数字；号码无误则无须处理",
        Rule::NotJson { .. } => "请检查该处的引号与转义，嵌套的 JSON 文本只转义一次",
        Rule::OverEscaped => "请直接传对象，或只转义一次",
        Rule::NotAPicture => "请传 JPEG、PNG 或 WebP 图片的 Base64，短边至少 240 像素",
        Rule::UnregisteredScheme => "请在该应用的 return_schemes 中登记此协议，或改用 https 地址",
        Rule::Conflict => "请只保留下划线或驼峰其中一种写法",
        Rule::ForbiddenScheme => "请改用 https 地址，或应用自有协议的地址，如 myapp://done",
        Rule::Credentials => "请从地址中去掉“@”及其前面的内容",
        Rule::Backslash { .. } => "请将反斜杠改为斜杠，或编码为 %5C",
        Rule::BadHost => "主机名请用英文字母、数字、连字符和点，中文域名请写成 xn-- 形式",
        Rule::SchemeAssumed => "请写全地址，以 https:// 开头",
        Rule::Missing
        | Rule::Empty
        | Rule::NotText
        | Rule::TooLong { .. }
        | Rule::WrongLength { .. }
        | Rule::NotAllowedCharacter { .. }
        | Rule::NotAnObject
        | Rule::NotAnAddress
        | Rule::NotHttp
        | Rule::NotInRange { .. } => return format!("应为{}", form(field)),
    };
    fixed.to_owned()
}

/// What a good value of the field looks like. Begins with a blank where it begins with a letter
/// or digit, as the typography of mixed text wants it.
fn form(field: Field) -> &'static str {
    match field {
        Field::BizContent => "一个 JSON 对象",
        Field::OuterOrderNo => " 1 至 32 位英文字母和数字，同一商户内不重复",
        Field::BizCode => "已签约的认证场景：FACE、CERT_PHOTO、CERT_PHOTO_FACE 或 SMART_FACE",
        Field::IdentityParam => "身份信息的 JSON 对象，或该对象只转义一次的文本",
        Field::IdentityType => " CERT_INFO（本人）或 AGENT_CERT_INFO（代他人）",
        Field::CertType => "证件类型，居民身份证为 IDENTITY_CARD",
        Field::CertName => {
            "证件上的姓名，用汉字或字母书写，中间可有间隔号、空格和连字符，最长 32 个字符"
        }
        Field::CertNo => "证件上的完整号码，证件类型须与 cert_type 一致",
        Field::MerchantConfig => "商户配置的 JSON 对象，或该对象只转义一次的文本",
        Field::ReturnUrl => {
            "认证后返回的完整地址，最长 1024 个字符，如 https://shop.example/done 或 myapp://done"
        }
        Field::NotifyUrl => {
            "接收通知的完整 http 或 https 地址，最长 256 个字符，如 https://shop.example/notify"
        }
        Field::FaceReserveStrategy => " reserve（保留人脸）或 never（不保留）",
        Field::FaceContrastPicture => "照片的 Base64 文本，最长 1048576 个字符",
        Field::CertifyId => "初始化接口返回的 32 位标识，请原样传回",
        Field::AppId => " 1 至 32 位英文字母、数字、下划线或连字符",
        Field::FailReason => "代码或简短文字，最长 64 个字符",
        Field::WaitSeconds => "等待结果的秒数，0 至 60",
        Field::KnownState => " created、in_progress、passed、failed、expired 之一",
    }
}
