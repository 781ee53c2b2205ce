"""Asks DuckDB or ClickHouse the queries of data/sql over rows of many hosts, and prints the answers as JSON.

    fleet.py duckdb|clickhouse DIRECTORY-OF-SQL FILES PARAMETERS

PARAMETERS is JSON: for each query its parameters. Every answer is a list of rows of texts.
"""

import datetime
import json
import pathlib
import sys
import tempfile

engine, directory, files, parameters = sys.argv[1:]
directory = pathlib.Path(directory)
parameters = json.loads(parameters)


def text(value):
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return None if value is None else str(value)


def duckdb_answers():
    import duckdb

    database = duckdb.connect()

    def variables(values):
        for name, value in values.items():
            literal = "'" + value.replace("'", "''") + "'" if isinstance(value, str) else value
            database.execute(f"SET VARIABLE {name} = {literal}")

    variables({"files": files})
    database.execute((directory / "rows.sql").read_text())
    for query, values in parameters.items():
        variables(values)
        rows = database.execute((directory / f"{query}.sql").read_text()).fetchall()
        yield query, [[text(value) for value in row] for row in rows]


def clickhouse_answers():
    from chdb import session

    with tempfile.TemporaryDirectory() as place:
        database = session.Session(place)
        database.query("CREATE DATABASE fleet ENGINE = Atomic")
        database.query("USE fleet")
        for statement in (directory / "rows.sql").read_text().split(";\n"):
            if statement.strip():
                database.query(statement)
        database.query(
            f"INSERT INTO castore_rows FROM INFILE '{files}' "
            "SETTINGS date_time_input_format = 'best_effort' FORMAT JSONEachRow"
        )
        for query, values in parameters.items():
            for name, value in values.items():
                database.query(f"SET param_{name} = '{value}'")
            answer = database.query((directory / f"{query}.sql").read_text(), "JSONCompact")
            rows = json.loads(answer.bytes() or b'{"data": []}')["data"]
            yield query, [[text(value) for value in row] for row in rows]
        database.close()


answers = duckdb_answers if engine == "duckdb" else clickhouse_answers
json.dump(dict(answers()), sys.stdout)
