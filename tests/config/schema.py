"""Compares config.schema.json with what the program says of each file in `valid` and `invalid`, and of the example.

    .venv/bin/python tests/config/schema.py

Exits with 1 if they disagree. A schema cannot know all that the program knows, so some files that the program refuses pass
it; these are listed below, each with what only the program knows.
"""

import json
import pathlib
import sys
import tomllib

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

ONLY_THE_PROGRAM_KNOWS = {
    "the variables of a reference": """
        malformed_name malformed_reference multiline_string unset_variable unset_variable_in_secret unset_variable_in_table
        variable_is_no_known_value variable_is_no_number""",
    "the files and programs of secrets": """
        secret_command_fails secret_command_unknown secret_file_missing secret_in_place_of_file""",
    "the names of the profiles": "default_profile_unknown several_profiles",
    "which options exclude or need each other": """
        azure_two_credentials azure_without_account half_a_credential kms_without_encryption password_of_sqlite
        password_twice token_without_credential two_credentials""",
    "the parts of an address, a path or a name": """
        account_changes_the_address account_url_in_clear account_url_with_container bucket_before_ip_address
        bucket_changes_the_address bucket_is_an_access_point bucket_is_an_address bucket_of_google_with_capital
        bucket_old_name_in_host connection_string_with_password connection_url_no_address container_with_underscore
        endpoint_in_clear endpoint_with_password endpoint_without_scheme file_extension namespace_leaves_directory
        prefix_leaves_directory prefix_with_empty_segment region s3_endpoint_in_clear secret_in_place_of_bucket
        table_prefix table_prefix_long""",
    "the words of each cloud, and time zones": """
        access_tier storage_class tiers_unknown_tier time_zone time_zone_nearly time_zone_of_nowhere
        time_zone_of_several_cities""",
    "what a text stands for": "gate_pass_rate gate_severity prune_group prune_within tiers_age",
    "ranges": "infinite_timeout pool_recycle pool_timeout_long retry_timeout zero_pool_size",
}


def refusal(schema, path):
    """Why the schema refuses a file; None if it accepts it."""
    try:
        document = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        return str(error)
    error = jsonschema.exceptions.best_match(schema.iter_errors(document))
    return error and error.message


def main():
    schema = json.loads((ROOT / "config.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    schema = jsonschema.Draft7Validator(schema)
    faults = []
    for path in [*sorted((HERE / "valid").glob("*.toml")), ROOT / "config.example.toml"]:
        # The program reads only the profile that it is asked for; an editor shows the whole file.
        if path.stem == "broken_neighbour":
            continue
        if reason := refusal(schema, path):
            faults.append(f"{path.name} is valid, and the schema refuses it: {reason}")
    beyond = " ".join(ONLY_THE_PROGRAM_KNOWS.values()).split()
    for path in sorted((HERE / "invalid").glob("*.toml")):
        refused = refusal(schema, path) is not None
        if refused == (path.stem in beyond):
            faults.append(f"{path.name}: the schema {'refuses' if refused else 'accepts'} it")
    print("\n".join(faults))
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
