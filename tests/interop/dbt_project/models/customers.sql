select id, email, country from {{ ref('raw_customers') }}
