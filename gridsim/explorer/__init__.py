"""The interactive explorer: a Dash app over live ensembles. Nothing else imports Dash."""
