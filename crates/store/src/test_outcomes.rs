//! Test mode: outcomes chosen before the person starts.

use async_trait::async_trait;
use domain::{AppId, OrderNo};

use crate::{Conn, Store, StoreError, Work};

impl Store {
    /// The outcome chosen ahead for an order.
    pub async fn test_outcome(
        &self,
        app: &AppId,
        order_no: &OrderNo,
    ) -> Result<Option<String>, StoreError> {
        self.read(Find { app: app.clone(), order_no: order_no.clone() }).await
    }

    /// Chooses an outcome ahead, in place of an earlier choice; none takes it back.
    pub async fn choose_test_outcome(
        &self,
        app: AppId,
        order_no: OrderNo,
        outcome: Option<String>,
    ) -> Result<(), StoreError> {
        self.write(Choose { app, order_no, outcome }).await
    }
}

struct Find {
    app: AppId,
    order_no: OrderNo,
}

#[async_trait]
impl Work for Find {
    type Output = Option<String>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_opt(
            "SELECT outcome FROM test_outcomes WHERE app_id = $1 AND outer_order_no = $2",
            &[self.app.as_str().into(), self.order_no.as_str().into()],
            |row| row.get(0, "test_outcomes", "outcome"),
        )
        .await
    }
}

struct Choose {
    app: AppId,
    order_no: OrderNo,
    outcome: Option<String>,
}

#[async_trait]
impl Work for Choose {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        let (app, order_no) = (self.app.as_str().into(), self.order_no.as_str().into());
        match &self.outcome {
            None => {
                conn.execute(
                    "DELETE FROM test_outcomes WHERE app_id = $1 AND outer_order_no = $2",
                    &[app, order_no],
                )
                .await?
            }
            Some(outcome) => {
                conn.execute(
                    "INSERT INTO test_outcomes (app_id, outer_order_no, outcome) \
                     VALUES ($1, $2, $3) ON CONFLICT (app_id, outer_order_no) \
                     DO UPDATE SET outcome = excluded.outcome",
                    &[app, order_no, outcome.as_str().into()],
                )
                .await?
            }
        };
        Ok(())
    }
}
