"""Perfect prognosis on Beijing's stations: the table, our member, and other libraries."""
