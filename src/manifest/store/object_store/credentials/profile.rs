//! Reads profiles from the configuration files of the AWS command line.
//!
//! The `object_store` crate reads the environment only. Keys in a profile are used as they are; a
//! profile that needs a sign-on, a role or a program is reported together with the command that
//! exports its credentials.

use std::collections::BTreeMap;

/// One section of `~/.aws/credentials` or `~/.aws/config`.
pub(super) type Section = BTreeMap<String, String>;

/// The settings of a profile, from both files.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Profile {
    settings: Section,
}

/// How a profile obtains its credentials.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source<'p> {
    Keys {
        id: &'p str,
        secret: &'p str,
        token: Option<&'p str>,
    },
    /// Something that only the AWS command line can do, such as `a single sign-on`.
    Elsewhere(&'static str),
    Nothing,
}

impl Profile {
    /// Finds a profile in the texts of both files; `None` if neither has it.
    pub(super) fn find(name: &str, credentials: &str, config: &str) -> Option<Self> {
        let long = format!("profile {name}");
        let in_config =
            section(config, &long).or_else(|| section(config, name).filter(|_| name == "default"));
        let in_credentials = section(credentials, name);
        if in_config.is_none() && in_credentials.is_none() {
            return None;
        }
        let mut settings = in_config.unwrap_or_default();
        settings.extend(in_credentials.unwrap_or_default());
        Some(Self { settings })
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.settings.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn source(&self) -> Source<'_> {
        if self.get("role_arn").is_some() {
            return Source::Elsewhere("a role to assume");
        }
        if let (Some(id), Some(secret)) =
            (self.get("aws_access_key_id"), self.get("aws_secret_access_key"))
        {
            return Source::Keys { id, secret, token: self.get("aws_session_token") };
        }
        if self.get("sso_session").is_some() || self.get("sso_start_url").is_some() {
            return Source::Elsewhere("a single sign-on");
        }
        if self.get("credential_process").is_some() {
            return Source::Elsewhere("a program that prints credentials");
        }
        if self.get("login_session").is_some() {
            return Source::Elsewhere("a console login");
        }
        Source::Nothing
    }
}

/// Returns the settings of one section. Indented lines belong to the setting above them.
fn section(text: &str, name: &str) -> Option<Section> {
    let mut found = None;
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with(['#', ';']) || line.trim().is_empty() {
            continue;
        }
        if let Some(title) = line.strip_prefix('[') {
            let title = title.split(']').next().unwrap_or_default();
            inside = title.split_whitespace().eq(name.split_whitespace());
            if inside {
                found.get_or_insert_with(Section::new);
            }
            continue;
        }
        if !inside || line.starts_with([' ', '\t']) {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        // A comment after a value begins with a blank, since a secret may contain `#`.
        let value = value.split(" #").next().and_then(|v| v.split(" ;").next()).unwrap_or_default();
        let settings: &mut Section = found.get_or_insert_with(Section::new);
        settings.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIALS: &str = "# mine\n[default]\naws_access_key_id = AK\naws_secret_access_key=s#e=c \n\
        [other]\naws_access_key_id=OK\naws_secret_access_key=os ; comment\naws_session_token = t\n";
    const CONFIG: &str = "[default]\nregion = eu-west-1\ns3 =\n  addressing_style = path\n  region = no\n\
        [profile sso]\nsso_session = corp\nregion=us-east-2\n\
        [sso-session corp]\nsso_start_url = https://corp\n\
        [profile role]\nrole_arn = arn:x\nsource_profile = default\n\
        [profile  spaced ]\ncredential_process = /bin/x\n[plain]\nregion = x\n";

    #[test]
    fn a_profile_is_the_union_of_both_files() {
        let profile = Profile::find("default", CREDENTIALS, CONFIG).expect("in both");
        let keys = Source::Keys { id: "AK", secret: "s#e=c", token: None };
        assert_eq!(profile.source(), keys);
        assert_eq!(profile.get("region"), Some("eu-west-1"));
        let profile = Profile::find("other", CREDENTIALS, CONFIG).expect("in one");
        assert_eq!(profile.source(), Source::Keys { id: "OK", secret: "os", token: Some("t") });
    }

    #[test]
    fn what_only_the_command_line_can_do_is_named() {
        for (name, expected) in [
            ("sso", Source::Elsewhere("a single sign-on")),
            ("role", Source::Elsewhere("a role to assume")),
            ("spaced", Source::Elsewhere("a program that prints credentials")),
        ] {
            let profile = Profile::find(name, CREDENTIALS, CONFIG).expect(name);
            assert_eq!(profile.source(), expected, "{name}");
        }
        assert!(Profile::find("absent", CREDENTIALS, CONFIG).is_none());
        // A section of the configuration file needs the word `profile`, except for the default.
        assert!(Profile::find("plain", CREDENTIALS, CONFIG).is_none());
    }
}
