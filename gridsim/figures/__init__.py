"""Results to Plotly figures; the report is built from the same ones."""
