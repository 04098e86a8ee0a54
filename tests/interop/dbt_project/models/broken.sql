select * from {{ ref('customers') }} where nope = 1
