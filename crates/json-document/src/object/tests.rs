use super::*;

fn parse(text: &str) -> Object {
    Object::parse(&text.into()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn text(object: &Object) -> String {
    object.to_text(&Style::default(), 0)
}

#[test]
fn a_change_touches_only_its_member() {
    let style = Style::default();
    let source = "{\r\n\t\"a\" :1e-07 ,\r\n\t\"b\": {\"a\": 0}\r\n}";
    let mut object = parse(source);
    assert_eq!(text(&object), source);
    object.set("a", "null".into(), &style, 0);
    assert_eq!(text(&object), source.replace("1e-07", "null"));
    object.set("c", "true".into(), &style, 0);
    assert_eq!(text(&object), "{\r\n\t\"a\" :null ,\r\n\t\"b\": {\"a\": 0},\r\n\t\"c\": true\r\n}");
    let mut object = parse("{ }");
    assert_eq!(text(&object), "{ }");
    object.set("é", "1".into(), &style, 1);
    assert_eq!(text(&object), "{\n    \"\\u00e9\": 1\n  }");
}

#[test]
fn a_removed_member_takes_its_comma_along() {
    let source = "{ \"a\": 1 ,\n  \"\\u0062\": [2, 3]\t,\n\n\"c\": 4\r}";
    for (gone, expected) in [
        ("a", "{ \"\\u0062\": [2, 3]\t,\n\n\"c\": 4\r}"),
        ("b", "{ \"a\": 1\t,\n\n\"c\": 4\r}"),
        ("c", "{ \"a\": 1 ,\n  \"\\u0062\": [2, 3]\r}"),
        ("ab", "{ \"c\": 4\r}"),
        ("bc", "{ \"a\": 1\r}"),
        ("ac", "{ \"\\u0062\": [2, 3]\r}"),
        ("abc", "{}"),
        ("d", source),
    ] {
        let (mut one_by_one, mut backwards, mut at_once) =
            (parse(source), parse(source), parse(source));
        for name in gone.chars() {
            assert_eq!(one_by_one.remove(&name.to_string()), name != 'd');
        }
        for name in gone.chars().rev() {
            backwards.remove(&name.to_string());
        }
        at_once.retain(|member| !gone.contains(&*member.name()));
        for object in [&one_by_one, &backwards, &at_once] {
            assert_eq!(text(object), expected, "{gone}");
            assert_eq!(*object, at_once, "{gone}");
        }
    }
}

#[test]
fn members_are_found_among_many() {
    let style = Style::default();
    let keys = |count: usize| (0..count).map(|key| format!("\"k{key}\": {key}"));
    for count in [1, 16, 17, 100] {
        let mut object = parse(&format!("{{{}}}", keys(count).collect::<Vec<_>>().join(", ")));
        object.set("new", "[]".into(), &style, 0);
        let last = format!("k{}", count - 1);
        assert_eq!(object.get(&last).map(|text| &**text), Some(&*(count - 1).to_string()));
        assert_eq!(object.get("new").map(|text| &**text), Some("[]"));
        assert!(object.get("old").is_none());
        object.remove("k0");
        assert!(object.get("k0").is_none() && object.get("new").is_some());
    }
}

#[test]
fn a_built_object_is_laid_out_in_the_style() {
    let style = Style::of("{\n\t\"a\": 1\n}");
    let mut object = Object::new();
    assert_eq!(object.to_text(&style, 3), "{}");
    object.set("a", "1".into(), &style, 1);
    object.set("b", "2".into(), &style, 1);
    assert_eq!(object.to_text(&style, 1), "{\n\t\t\"a\": 1,\n\t\t\"b\": 2\n\t}");
    object.retain(|_| false);
    assert_eq!(object.to_text(&style, 1), "{}");
}

#[test]
fn what_is_not_one_object_is_refused() {
    for text in ["", "[]", "{} {}", "{\"a\": 1, \"a\": 2}", "{\"a\": {\"b\": 1, \"b\": 2}}"] {
        assert!(Object::parse(&text.into()).is_err(), "{text}");
    }
}
