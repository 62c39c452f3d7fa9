"""Everything that presents a record: sentences, figures, the page, the model card, comparisons, files for CI."""
